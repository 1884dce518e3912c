"""What a network costs, looked at more closely: below the drawing on the Explore page."""

import streamlit as st

from cnnlab.analysis import Analysis
from cnnlab.analysis.counters import counts
from cnnlab.analysis.memory import (
    GIBIBYTE,
    GPUS,
    NUMBER_BYTES,
    RESERVED_SHARE,
    NumberType,
    largest_batch,
    training_memory,
)
from cnnlab.analysis.waste import largest, waste
from cnnlab.figures.network.memory_bars import describe_memory, memory_bars
from cnnlab.figures.network.waterfall import describe_waterfall, waterfall
from cnnlab.spec import Problem
from cnnlab.training.recipe import OPTIMIZER_NAMES, Recipe
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.explore.time import show_time
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitor import theme
from cnnlab.words.numbers import NO_BREAK, change, exact

BATCH_SIZES = tuple(2**i for i in range(13))
"""Batch sizes to choose from."""


def show_costs(analysis: Analysis) -> None:
    """The check-up, the training memory, the other counters or the measured time: what the visitor wants to see."""
    st.subheader("A closer look at the cost", anchor=False)
    part: str = st.segmented_control(
        "Look at",
        list(_PARTS),
        default=next(iter(_PARTS)),
        required=True,
        key="explore.cost_part",
        label_visibility="collapsed",
    )
    _PARTS[part](analysis)


def partial_words(unknown: tuple[str, ...]) -> str:
    """What is missing from the totals of a network with operations that have no rule."""
    names = ", ".join(f"`{name}`" for name in unknown)
    return (
        f"The totals are partial: there is no rule for {names}. What they multiply and what training keeps of them is"
        " not counted, and the numbers are at least what they say."
    )


def _show_check_up(analysis: Analysis) -> None:
    if analysis.unknown:
        st.warning(plain(partial_words(analysis.unknown)), icon=":material/rule:")
    found = waste(analysis)
    if found:
        st.markdown("**Costs something and does nothing**")
        _show_sentences(found, ":material/warning:")
    else:
        st.markdown(":material/check: Nothing is wasted that shapes can tell.")
    _show_largest(analysis)


@st.fragment
def _show_largest(analysis: Analysis) -> None:
    st.markdown("**Weighs most**")
    if analysis.problem is not None:
        st.caption("What would halve a layer can be said once the shapes fit.")
        return
    # Each knob is tried at half its value, which takes as long as many analyses.
    if st.toggle("Say which layers weigh most, and which knob halves each", key="explore.largest"):
        _show_sentences(largest(analysis.spec), ":material/scale:")


def _show_sentences(problems: tuple[Problem, ...], icon: str) -> None:
    st.markdown("\n".join(f"- {icon} {plain(problem.sentence)}" for problem in problems))


@st.fragment
def _show_memory(analysis: Analysis) -> None:
    defaults = Recipe()
    batch, optimiser, numbers = st.columns(3)
    batch_size: int = batch.select_slider(
        "Batch size", BATCH_SIZES, value=defaults.batch_size, key="explore.memory.batch"
    )
    optimizer: str = optimiser.selectbox(
        "Optimiser",
        list(OPTIMIZER_NAMES),
        index=list(OPTIMIZER_NAMES).index(defaults.optimizer),
        format_func=OPTIMIZER_NAMES.__getitem__,
        key="explore.memory.optimizer",
    )
    number_type: NumberType = numbers.selectbox("Numbers", list(NUMBER_BYTES), key="explore.memory.numbers")
    memory = training_memory(analysis, batch_size=batch_size, optimizer=optimizer, number_type=number_type)
    one = training_memory(analysis, batch_size=1, optimizer=optimizer, number_type=number_type)
    shown = [(1, one), (batch_size, memory)] if batch_size > 1 else [(1, one)]
    live_chart(memory_bars(shown, theme=theme()), alt=describe_memory(batch_size, memory), key="explore.memory.chart")
    st.caption(
        "What a training step holds when backward begins. A GPU's libraries and its allocator need more:"
        f" {RESERVED_SHARE:.0%} of its memory is left for them in the table."
    )
    batches = [
        largest_batch(analysis, memory=gpu, optimizer=optimizer, number_type=number_type) for gpu in GPUS.values()
    ]
    st.dataframe(
        {
            "GPU": list(GPUS),
            "Memory": [f"{gpu / GIBIBYTE:.0f} GiB" for gpu in GPUS.values()],
            "Largest batch": [exact(batch) if batch else "does not fit" for batch in batches],
        },
        hide_index=True,
        height="content",
    )


@st.fragment
def _show_counters(analysis: Analysis) -> None:
    found = {each.counter.name: each for each in counts(analysis)}
    st.caption(
        f"{exact(analysis.macs)} multiply-accumulates of convolution and dense layers are our count, for one image in"
        " eval mode. Each tool counts something else besides."
    )
    name: str = st.pills(
        "Counter",
        list(found),
        default=next(iter(found)),
        required=True,
        key="explore.counter",
        label_visibility="collapsed",
    )
    chosen = found[name]
    live_chart(waterfall(chosen, theme=theme()), alt=describe_waterfall(chosen), key="explore.waterfall")
    # Its cells are as high as their text, so that nothing is cut off on a small screen.
    st.table(
        {
            "Counter": list(found),
            "Prints": [_unbroken(exact(each.total)) for each in found.values()],
            "Of": [each.counter.unit for each in found.values()],
            "Against ours": [_unbroken(change(each.total, analysis.macs)) for each in found.values()],
            "Because of": [", ".join(part.name for part in each.parts[1:]) or "nothing" for each in found.values()],
        },
        hide_index=True,
        border="horizontal",
    )


def _unbroken(words: str) -> str:
    """The same in one line, in a narrow cell too."""
    return words.replace(" ", NO_BREAK)


_PARTS = {
    "Check-up": _show_check_up,
    "Training memory": _show_memory,
    "Whose FLOPs?": _show_counters,
    "Measured time": show_time,
}
