"""Learn a kernel: gradient descent, step by step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnlab.figures.convolution.kernel_learning import describe_losses, describe_squares, loss_curve, squares
from cnnlab.insight.one_layer.kernel_learning import (
    KERNEL_TASKS,
    TASK_TITLES,
    KernelTask,
    LearningStep,
    is_determined,
    largest_rate,
    learn_kernel,
    task_pair,
)
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.knobs.row import Values
from cnnlab.ui.visitors.visitor import theme

TICK_SECONDS = 0.25

TICKS = 24
"""The number of times that the page is updated, at most."""

SMALL = 1e-3
"""A loss below this is shown as under this value; the chart has its digits."""

_LEARNING = "learning of a kernel"


@dataclass(slots=True)
class _Learning:
    """The state of one training of a kernel."""

    task: KernelTask
    steps: Iterator[LearningStep]
    losses: list[float]
    last: LearningStep
    is_running: bool

    def advance(self, count: int) -> None:
        """Takes up to `count` further steps; ends when none is left."""
        for step in islice(self.steps, count):
            self.losses.append(step.loss)
            self.last = step
        self.is_running = not self.last.has_diverged and self.last.step < self.task.steps


def show_learning(task: KernelTask, values: Values) -> None:
    """The task, its controls and the progress of the kernel."""
    learning = _learning(task)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if learning.is_running:
            st.button("Stop", icon=":material/stop:", key="learn.stop", on_click=_stop)
        else:
            st.button(
                "Learn again" if len(learning.losses) > 1 else "Learn",
                icon=":material/play_arrow:",
                type="primary",
                key="learn.start",
                on_click=_start,
                args=(task,),
            )
        for name, example in KERNEL_TASKS.items():
            st.button(
                TASK_TITLES[name],
                key=f"learn.task.{name}",
                type="tertiary",
                icon=":material/lightbulb:",
                disabled=task == example,
                on_click=values.update,
                args=(example.values,),
            )
    st.fragment(_watch, run_every=TICK_SECONDS if learning.is_running else None)(task)


def _learning(task: KernelTask) -> _Learning:
    """What has been learned for this task; another task starts from its random kernel."""
    learning = st.session_state.get(_LEARNING)
    return learning if isinstance(learning, _Learning) and learning.task == task else _begin(task, is_running=False)


def _begin(task: KernelTask, *, is_running: bool) -> _Learning:
    steps = learn_kernel(task)
    first = next(steps)
    learning = st.session_state[_LEARNING] = _Learning(task, steps, [first.loss], first, is_running)
    return learning


def _start(task: KernelTask) -> None:
    _begin(task, is_running=True)


def _stop() -> None:
    st.session_state[_LEARNING].is_running = False


def _watch(task: KernelTask) -> None:
    learning = _learning(task)
    if learning.is_running:
        learning.advance(-(-task.steps // TICKS))
        if not learning.is_running:
            # So that the controls are updated and the ticks stop.
            st.rerun()
    with st.container():
        _show_standing(learning, learning.last)
    _show_kernels(learning)
    _show_maps(learning)


def _show_standing(learning: _Learning, last: LearningStep) -> None:
    limit = largest_rate(learning.task)
    if last.has_diverged:
        st.error(
            f"The loss diverges: the learning rate is {learning.task.learning_rate:g}, and for this image it must be"
            f" below {limit:.2g}.",
            icon=":material/error:",
        )
        return
    loss = f"{last.loss:.3g}" if last.loss >= SMALL else f"under {SMALL:g}"
    st.markdown(
        f"Step **{last.step}** of {learning.task.steps}, loss **{loss}**. Learning rates up to"
        f" {limit:.2g} converge here."
    )
    if not is_determined(learning.task):
        st.caption(
            "Several kernels produce this output from this image: the learned kernel may differ from the hidden one."
        )


def _show_kernels(learning: _Learning) -> None:
    _, hidden, _ = task_pair(learning.task)
    wanted = hidden[0, 0].tolist()
    reach = float(hidden.abs().max())
    left, middle, right = st.columns([3, 2, 2])
    with left, st.container(border=True):
        st.header("Loss", anchor=False)
        figure = loss_curve(learning.losses, total_steps=learning.task.steps, theme=theme())
        live_chart(figure, alt=describe_losses(learning.losses), key="learn.loss")
    _show_squares(middle, "Learned kernel", learning.last.kernel, "learn.kernel", reach=reach, height=300)
    _show_squares(right, "Hidden kernel", wanted, "learn.hidden", reach=reach, height=300)


def _show_maps(learning: _Learning) -> None:
    image, _, wanted = task_pair(learning.task)
    reach = float(wanted.abs().max())
    left, middle, right = st.columns(3)
    _show_squares(left, "Image", image[0, 0].tolist(), "learn.picture", is_signed=False, reach=1.0)
    _show_squares(middle, "Current output", learning.last.result, "learn.result", reach=reach)
    _show_squares(right, "Target output", wanted[0, 0].tolist(), "learn.wanted", reach=reach)


def _show_squares(
    column: DeltaGenerator,
    name: str,
    values: Sequence[Sequence[float]],
    key: str,
    *,
    is_signed: bool = True,
    reach: float,
    height: int = 230,
) -> None:
    with column, st.container(border=True):
        st.header(name, anchor=False)
        figure = squares(values, theme=theme(), is_signed=is_signed, reach=reach, height=height)
        live_chart(figure, alt=describe_squares(name, values), key=key)
