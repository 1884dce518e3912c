"""A run as it goes on: its state, its numbers and its curves, alone or with others laid over it."""

from dataclasses import dataclass
from functools import lru_cache

import streamlit as st

from cnnlab.architectures import name_of
from cnnlab.data import title_of
from cnnlab.figures.palette import Theme
from cnnlab.figures.training.curves import (
    DASH_SIGNS,
    MEASURES,
    MOST_RUNS,
    Line,
    Measure,
    Reference,
    curves,
    describe,
    over_seeds,
)
from cnnlab.runs import Curve, Run, RunState, Store, StoreUnavailable, UnknownRun, ensure_scheduler
from cnnlab.runs.comparing import grouped
from cnnlab.runs.store.queue import wait_of
from cnnlab.runs.watching import Seen
from cnnlab.spec import text_of
from cnnlab.training.baseline import Baseline
from cnnlab.ui.components.live_chart.live_chart import ready_chart, show_ready_chart
from cnnlab.ui.data.samples import baselines_of
from cnnlab.ui.jobs import Job, job_queue
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.ui.paths import RUNS, TRAIN
from cnnlab.ui.runs.controls import show_controls, show_refusal
from cnnlab.ui.runs.seeds import group_name, show_verdict
from cnnlab.ui.runs.watching import MOST_DRAWN, TICK_SECONDS, look
from cnnlab.ui.state.link import choice_of
from cnnlab.ui.state.network import take
from cnnlab.ui.state.recipe import take_recipe
from cnnlab.ui.visitor import theme
from cnnlab.words.numbers import count, duration, exact

STATE_WORDS: dict[RunState, str] = {
    "queued": "waiting",
    "running": "training",
    "paused": "paused",
    "done": "done",
    "stopped": "stopped",
    "failed": "failed",
    "interrupted": "interrupted",
}
_ICONS: dict[RunState, str] = {
    "queued": ":material/hourglass_top:",
    "running": ":material/model_training:",
    "paused": ":material/pause:",
    "done": ":material/check:",
    "stopped": ":material/stop:",
    "failed": ":material/error:",
    "interrupted": ":material/power_off:",
}
_COLOURS: dict[RunState, str] = {
    "queued": "gray",
    "running": "blue",
    "paused": "gray",
    "done": "green",
    "stopped": "orange",
    "failed": "red",
    "interrupted": "orange",
}


def show_runs(store: Store, run_ids: tuple[str, ...]) -> None:
    """The first of the runs in full, the others in its charts; all are looked at again while any goes on."""
    going_on = going_on_of(look(store, run_ids, anew=True))
    st.fragment(_watch, run_every=TICK_SECONDS if going_on else None)(store, run_ids, going_on)


def going_on_of(seen: tuple[Seen, ...]) -> tuple[str, ...]:
    """The ids of the runs of which more is to come."""
    return tuple(one.run.id for one in seen if one.run.active)


def written_accuracy(accuracy: float | None) -> str:
    """A share of right answers, in per cent."""
    return "–" if accuracy is None else f"{100 * accuracy:.1f} %"


def took(run: Run) -> float | None:
    """How many seconds the run has computed, where it does not go on."""
    return run.seconds if not run.active and run.seconds else None


def _watch(store: Store, run_ids: tuple[str, ...], going_on: tuple[str, ...]) -> None:
    try:
        seen = look(store, run_ids)
        if going_on_of(seen) != going_on:
            # The rest of the page hears of it, and where nothing goes on any more the ticks stop.
            st.rerun()
        if going_on:
            ensure_scheduler(store.folder)
        first = seen[0].run
        # In a box of their own: whatever comes and goes in it, the charts keep their place, and with it their zoom.
        with st.container():
            show_head(store, first, "train")
            show_numbers(first)
            show_standing(store, first)
        _show_charts(seen)
        if first.active:
            st.page_link(
                RUNS, label="Gradient, speed, memory, log", icon=":material/speed:", query_params={"run": first.id}
            )
        else:
            show_results(store, first, "train")
    except UnknownRun:
        st.rerun()  # it was forgotten for good while somebody watched: the page says so
    except StoreUnavailable as problem:
        st.error(plain(str(problem)), icon=":material/error:")


def show_head(store: Store, run: Run, key: str) -> None:
    """The name of the run, its state, and the buttons that change it."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.subheader(verbatim(run.name), anchor=False, width="content")
            st.badge(STATE_WORDS[run.state], icon=_ICONS[run.state], color=_COLOURS[run.state])  # type: ignore[arg-type]
        show_controls(store, run, key)
    st.caption(f"{plain(name_of(run.spec))} on {plain(title_of(run.recipe.dataset))}")


def show_numbers(run: Run) -> None:
    """The four numbers that matter."""
    best = f"best {written_accuracy(run.best_test_accuracy)}" if run.best_epoch else "not tested yet"
    seconds = took(run)
    left = "–" if run.seconds_left is None else duration(run.seconds_left)
    cards = [
        ("Test accuracy", written_accuracy(run.test_accuracy), best),
        ("Epochs", f"{run.epoch} of {run.recipe.epochs}", f"step {exact(run.step)}" if run.step else "not begun"),
        ("Images/s", count(round(run.examples_per_second)) if run.step else "–", f"on {run.device or '–'}"),
        ("Took", duration(seconds), "with tests") if seconds is not None else ("Time left", left, "with tests"),
    ]
    for column, (label, value, words) in zip(st.columns(len(cards)), cards, strict=True):
        column.metric(label, value, delta=words, delta_color="off", delta_arrow="off", border=True)


def show_standing(store: Store, run: Run) -> None:
    """How far it is, or why it goes no further."""
    if run.state == "queued":
        before = (store.queue_position(run.id) or 1) - 1
        others = (
            "It is the next to start."
            if before == 0
            else f"{before} other{'s start' if before > 1 else ' starts'} first."
        )
        others += f" That will be in about {duration(expected)}." if (expected := wait_of(store, run.id)) >= 1 else ""
        st.info(f"Waiting for its turn. {others} It goes on without this page: close it, and come back by its link.")
    elif run.state == "running":
        st.progress(min(run.step / run.total_steps, 1.0) if run.total_steps else 0.0)
    elif run.state == "failed":
        st.error(plain(run.sentence), icon=_ICONS["failed"])
    elif run.state == "interrupted":
        st.warning(plain(run.sentence), icon=_ICONS["interrupted"])
    elif run.state == "stopped":
        kept = "What it had learnt is kept." if run.step else "It had not begun."
        why = f"{plain(run.sentence)} " if run.sentence else ""
        st.info(f"{why}Stopped at step {exact(run.step)}. {kept} It can be resumed.", icon=_ICONS["stopped"])
    elif run.state == "paused":
        st.info(f"Paused at step {exact(run.step)}. It goes on from there when it is resumed.", icon=_ICONS["paused"])
    if run.parent is not None:
        st.caption(f"Forked from run {plain(run.parent)} after epoch {run.parent_epoch}.")
    show_refusal()


def _show_charts(seen: tuple[Seen, ...]) -> None:
    columns, below = st.columns(2), st.container()
    with below:
        references = _references(seen[0].run)
    drawing = _drawing(seen, theme(), tuple(references))
    for column, measure in zip(columns, MEASURES, strict=True):
        with column, st.container(border=True):
            st.markdown(f"##### {measure.capitalize()}")
            show_ready_chart(drawing.charts[measure], key=f"train.{measure}")
            if len(seen) > 1:
                st.caption(_legend_words(drawing.groups))
    if len(drawing.groups) > MOST_RUNS:
        st.caption(f"The first {MOST_RUNS} are drawn; more could not be told apart.")
    show_verdict(drawing.groups)


@dataclass(frozen=True, slots=True)
class _Drawing:
    groups: list[list[Run]]
    charts: dict[Measure, bytes]


@lru_cache(maxsize=MOST_DRAWN)
def _drawing(seen: tuple[Seen, ...], theme: Theme, references: tuple[Reference, ...]) -> _Drawing:
    groups = grouped(one.run for one in seen)
    curve_of = {one.run.id: one.curve for one in seen}
    charts: dict[Measure, bytes] = {}
    for measure in MEASURES:
        lines = [_line(group, curve_of, measure) for group in groups[:MOST_RUNS]]
        figure = curves(
            lines,
            measure=measure,
            theme=theme,
            total_steps=max(one.run.total_steps for one in seen),
            revision=" ".join(curve_of),
            references=references if measure == "accuracy" else (),
        )
        charts[measure] = ready_chart(figure, alt=describe(lines, measure=measure), theme=theme)
    return _Drawing(groups, charts)


def _legend_words(groups: list[list[Run]]) -> str:
    """What the kinds of lines are, of those that there are."""
    dotted = "Dotted: training. " if any(len(group) == 1 for group in groups) else ""
    bands = " Bands: from the lowest to the highest seed." if any(len(group) > 1 for group in groups) else ""
    return f"{dotted}Solid: test.{bands}"


def _references(run: Run) -> list[Reference]:
    """What classical methods reach on the same images, where somebody wants to see it."""
    wanted = st.toggle(
        "Classical methods",
        key="train.classical",
        help="What methods from before deep learning reach on the same images, as lines in the accuracy chart.",
    )
    if not wanted:
        return []
    piece = baselines_of(run.recipe)
    if piece.problem is not None:
        st.warning(plain(str(piece.problem)))
    if not piece.has_ended:
        st.fragment(_wait_for, run_every=TICK_SECONDS)(piece)
    found = piece.results[:]
    for sign, method in zip(DASH_SIGNS, found, strict=False):
        st.caption(
            f"{sign} {plain(method.title)}: **{written_accuracy(method.test_accuracy)}**"
            f" (learnt from {exact(method.num_train)}, tested on {exact(method.num_test)})."
        )
    return [Reference(title=method.title, value=method.test_accuracy) for method in found]


def _wait_for(piece: Job[Baseline]) -> None:
    """Says that the classical methods are learning, until they have learnt."""
    if piece.has_ended:
        st.rerun()
    before = job_queue().num_before(piece)
    others = f", after {before} other{'s' if before > 1 else ''} that somebody asked for" if before else ""
    st.caption(f"Classical methods learn from the same images{others} …")


def _line(group: list[Run], curve_of: dict[str, Curve], measure: Measure) -> Line:
    """The line of a run, or of several that differ in their seeds."""
    is_loss = measure == "loss"
    ends = [curve_of[run.id].epoch_ends for run in group]
    tests = [[end.test_loss if is_loss else end.test_accuracy for end in epochs] for epochs in ends]
    if len(group) > 1:
        steps = [[end.step for end in epochs] for epochs in ends]
        return over_seeds(group_name(group), steps, tests)
    run, curve = group[0], curve_of[group[0].id]
    validation = [end.validation_loss if is_loss else end.validation_accuracy for end in curve.epoch_ends]
    return Line(
        name=run.name,
        steps=curve.train_steps,
        train=curve.train_loss if is_loss else curve.train_accuracy,
        test_steps=[end.step for end in curve.epoch_ends],
        test=tests[0],
        validation=[value for value in validation if value is not None],
    )


def show_results(store: Store, run: Run, key: str) -> None:
    """What is left of a run that has ended: its weights, how it was made, its log."""
    with st.container(horizontal=True, gap="small"):
        if key == "train":
            st.page_link(
                RUNS, label="Numbers, notes, fork", icon=":material/lab_profile:", query_params={"run": run.id}
            )
        if st.button("Use these settings", icon=":material/replay:", key=f"{key}.again"):
            take(choice_of(run.spec))
            take_recipe(run.recipe)
            st.switch_page(TRAIN)
        for which in ("best", "last"):
            path = store.weights(run.id, which)
            if path is not None:
                st.download_button(
                    f"{which.capitalize()} weights",
                    path.read_bytes,
                    file_name=f"{run.family}-{run.id}-{which}.safetensors",
                    mime="application/octet-stream",
                    icon=":material/download:",
                    key=f"{key}.{which}",
                    help="A safetensors file: safetensors.torch.load_file reads it, load_state_dict takes it.",
                )
    for note in run.notes:
        st.caption(plain(note))
    with st.expander("Recipe"):
        settings = run.recipe.settings()
        st.table(
            {settings[name].title: settings[name].written(text_of(value)) for name, value in run.recipe.values.items()}
        )
    if key == "train":
        show_log(store, run, key)


def show_log(store: Store, run: Run, key: str) -> None:
    """What the run's process wrote, read only while somebody looks at it."""
    box = st.expander("Log", icon=":material/notes:", key=f"{key}.journal", on_change="rerun")
    if not box.open:
        return
    with box:
        log = store.log(run.id)
        st.code(log or "Nothing yet.", language=None, height=280)
