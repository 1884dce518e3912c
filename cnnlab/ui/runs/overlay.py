"""Several runs over each other, drawn again while any of them goes on, and what is measured of the first."""

from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean

import streamlit as st

from cnnlab.figures.palette import Theme
from cnnlab.figures.training.curves import MEASURES, Measure
from cnnlab.figures.training.overlay import MOST_NAMED, MOST_TRACKS, Track, describe_overlay, letter, overlay
from cnnlab.runs import Curve, Run, Store, StoreUnavailable, UnknownRun, ensure_scheduler
from cnnlab.runs.comparing import Axis, along, grouped
from cnnlab.runs.watching import Seen
from cnnlab.ui.components.live_chart.live_chart import ready_chart, show_ready_chart
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.ui.runs.seeds import group_name, show_verdict
from cnnlab.ui.runs.step_metrics import show_gauges
from cnnlab.ui.runs.view import going_on_of, show_head, show_log, show_numbers, show_standing, written_accuracy
from cnnlab.ui.runs.watching import MOST_DRAWN, TICK_SECONDS, look
from cnnlab.ui.visitor import theme

AXES: dict[str, Axis] = {"Steps": "steps", "Epochs": "epochs", "Seconds": "seconds", "MACs": "macs"}


@dataclass(frozen=True, slots=True)
class Axes:
    """How the curves are drawn."""

    along: Axis
    smoothing: float
    log: bool


def pick_axes() -> Axes:
    """The choices that stand above the curves."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        name = st.segmented_control(
            "Along", list(AXES), default="Steps", required=True, key="runs.along", width="content"
        )
        smoothing = st.slider("Smoothing of the training curves", 0.0, 0.99, 0.9, key="runs.smoothing", width=280)
        log = st.toggle("Logarithmic loss", key="runs.log")
    return Axes(AXES[name or "Steps"], smoothing, log)


def watch_runs(store: Store, run_ids: tuple[str, ...]) -> None:
    """The first run's numbers and everybody's curves, looked at again while any goes on."""
    going_on = going_on_of(look(store, run_ids, anew=True))
    st.fragment(_watch, run_every=TICK_SECONDS if going_on else None)(store, run_ids, going_on)


def _watch(store: Store, run_ids: tuple[str, ...], going_on: tuple[str, ...]) -> None:
    try:
        seen = look(store, run_ids)
        if going_on_of(seen) != going_on:
            st.rerun()
        if going_on:
            ensure_scheduler(store.folder)
        first = seen[0].run
        with st.container():
            show_head(store, first, "runs")
            show_numbers(first)
            show_standing(store, first)
        with st.container():
            _show_curves(seen, pick_axes())
        show_gauges(store, seen[0])
        show_log(store, first, "runs")
    except UnknownRun:
        st.rerun()  # it was forgotten for good while somebody watched: the page says so
    except StoreUnavailable as problem:
        st.error(plain(str(problem)), icon=":material/error:")


def _show_curves(seen: tuple[Seen, ...], axes: Axes) -> None:
    groups = grouped(one.run for one in seen)
    drawn = groups[:MOST_TRACKS]
    charts = _curves(seen, axes, theme())
    for column, measure in zip(st.columns(2), MEASURES, strict=True):
        with column, st.container(border=True):
            st.markdown(f"##### {measure.capitalize()}")
            show_ready_chart(charts[measure], key=f"runs.{measure}")
    if len(drawn) > MOST_NAMED:
        _show_names(drawn)
    if len(seen) > 1:
        dotted = "Dotted: training. " if any(len(group) == 1 for group in drawn) else ""
        bands = " Bands: from the lowest to the highest seed." if any(len(group) > 1 for group in drawn) else ""
        st.caption(f"{dotted}Thick: test.{bands}")
    if len(groups) > MOST_TRACKS:
        st.caption(f"The first {MOST_TRACKS} are drawn; more could not be told apart.")
    show_verdict(groups)


@lru_cache(maxsize=MOST_DRAWN)
def _curves(seen: tuple[Seen, ...], axes: Axes, theme: Theme) -> dict[Measure, bytes]:
    curves = {one.run.id: one.curve for one in seen}
    charts: dict[Measure, bytes] = {}
    for measure in MEASURES:
        groups = grouped(one.run for one in seen)[:MOST_TRACKS]
        tracks = [_track(group, curves, measure, axes.along) for group in groups]
        figure = overlay(
            tracks,
            measure=measure,
            along=axes.along,
            smoothing=axes.smoothing,
            log=axes.log,
            theme=theme,
            revision=" ".join(curves),
        )
        alt = describe_overlay(tracks, measure=measure, along=axes.along)
        title = f"{measure.capitalize()} of {seen[0].run.name}"
        charts[measure] = ready_chart(figure, alt=alt, theme=theme, title=title)
    return charts


def _show_names(groups: list[list[Run]]) -> None:
    """Which letter is which run, and how far it came."""
    with st.container(horizontal=True, gap="medium"):
        for place, group in enumerate(groups):
            reached = [run.test_accuracy for run in group if run.test_accuracy is not None]
            accuracy = written_accuracy(fmean(reached) if reached else None)
            name = group[0].name if len(group) == 1 else group_name(group)
            st.markdown(f"**{letter(place)}** {verbatim(name)} **{accuracy}**", width="content")


def _track(group: list[Run], curves: dict[str, Curve], measure: Measure, axis: Axis) -> Track:
    """The track of a run, or of several that differ in their seeds."""
    if len(group) == 1:
        return _track_of_one(group[0], curves, measure, axis)
    one_each = [_track_of_one(run, curves, measure, axis) for run in group]
    tests = list(zip(*(track.test for track in one_each), strict=False))
    return Track(
        name=group_name(group),
        x=(),
        train=(),
        test_x=[fmean(column) for column in zip(*(track.test_x for track in one_each), strict=False)],
        test=[fmean(column) for column in tests],
        low=[min(column) for column in tests],
        high=[max(column) for column in tests],
    )


def _track_of_one(run: Run, curves: dict[str, Curve], measure: Measure, axis: Axis) -> Track:
    """A run's curves; those of a fork begin at its parent's epoch where the parent is shown too."""
    curve, is_loss = curves[run.id], measure == "loss"
    ends = list(curve.epoch_ends)
    if run.parent in curves:
        ends = [end for end in curves[run.parent].epoch_ends if end.epoch == run.parent_epoch] + ends
    validation = [end.validation_loss if is_loss else end.validation_accuracy for end in ends]
    return Track(
        name=run.name,
        x=along(run, axis, curve.train_steps, curve.train_seconds),
        train=curve.train_loss if is_loss else curve.train_accuracy,
        test_x=along(run, axis, [end.step for end in ends], [end.seconds for end in ends]),
        test=[end.test_loss if is_loss else end.test_accuracy for end in ends],
        validation=[value for value in validation if value is not None],
    )
