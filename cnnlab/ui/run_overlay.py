"""Several runs over each other, drawn again while any of them goes on, and what is measured of the first."""

from dataclasses import dataclass
from functools import lru_cache

import streamlit as st

from cnnlab.figures.curves import MEASURES, Measure
from cnnlab.figures.gauges import describe_gauge, gauge, step_parts
from cnnlab.figures.overlay import Track, describe_overlay, overlay
from cnnlab.figures.palette import Theme
from cnnlab.runs import Curve, Run, Store, StoreUnavailable, ensure_scheduler
from cnnlab.runs.axes import Axis, along
from cnnlab.runs.gauges import gauges
from cnnlab.runs.lookout import Seen
from cnnlab.ui.live_chart import ready_chart, show_ready_chart
from cnnlab.ui.run_view import going_on_of, show_head, show_numbers, show_standing
from cnnlab.ui.visitor import theme
from cnnlab.ui.watched import MOST_DRAWN, TICK_SECONDS, look
from cnnlab.ui.words import plain

AXES: dict[str, Axis] = {"Steps": "steps", "Epochs": "epochs", "Seconds": "seconds", "MACs": "macs"}
MOST_TRACKS = 8

_GAUGES = {
    "learning_rate": ("Learning rate", "per step", 1.0),
    "gradient_norm": ("Length of the gradient", "norm", 1.0),
    "examples_per_second": ("Speed", "images a second", 1.0),
    "cores_used": ("Processor", "cores in use", 1.0),
    "memory_bytes": ("Memory", "MB", 1e-6),
}
"""Titles, units, and what a value is multiplied by."""

_PARTS = {
    "images": "data_seconds",
    "forward": "forward_seconds",
    "backward": "backward_seconds",
    "update": "update_seconds",
}


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


def watch_runs(store: Store, run_ids: tuple[str, ...], axes: Axes) -> None:
    """The first run's numbers and everybody's curves, looked at again while any goes on."""
    going_on = going_on_of(look(store, run_ids, anew=True))
    st.fragment(_watch, run_every=TICK_SECONDS if going_on else None)(store, run_ids, going_on, axes)


def _watch(store: Store, run_ids: tuple[str, ...], going_on: tuple[str, ...], axes: Axes) -> None:
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
        _show_curves(seen[:MOST_TRACKS], axes)
        _show_gauges(store, seen[0])
    except StoreUnavailable as problem:
        st.error(plain(str(problem)), icon=":material/error:")


def _show_curves(seen: tuple[Seen, ...], axes: Axes) -> None:
    charts = _curves(seen, axes, theme())
    for column, measure in zip(st.columns(2), MEASURES, strict=True):
        with column, st.container(border=True):
            st.markdown(f"##### {measure.capitalize()}")
            show_ready_chart(charts[measure], key=f"runs.{measure}")
    st.caption("Dotted: training. Solid: test.")


@lru_cache(maxsize=MOST_DRAWN)
def _curves(seen: tuple[Seen, ...], axes: Axes, theme: Theme) -> dict[Measure, bytes]:
    curves = {one.run.id: one.curve for one in seen}
    charts: dict[Measure, bytes] = {}
    for measure in MEASURES:
        tracks = [_track(one.run, curves, measure, axes.along) for one in seen]
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
        charts[measure] = ready_chart(figure, alt=alt, theme=theme)
    return charts


def _track(run: Run, curves: dict[str, Curve], measure: Measure, axis: Axis) -> Track:
    """A run's curves; those of a fork begin at its parent's epoch where the parent is shown too."""
    curve, is_loss = curves[run.id], measure == "loss"
    ends = list(curve.epoch_ends)
    if run.parent in curves:
        ends = [end for end in curves[run.parent].epoch_ends if end.epoch == run.parent_epoch] + ends
    return Track(
        name=run.name,
        x=along(run, axis, curve.train_steps, curve.train_seconds),
        train=curve.train_loss if is_loss else curve.train_accuracy,
        test_x=along(run, axis, [end.step for end in ends], [end.seconds for end in ends]),
        test=[end.test_loss if is_loss else end.test_accuracy for end in ends],
    )


def _show_gauges(store: Store, seen: Seen) -> None:
    charts = _gauges(store, seen, theme())
    if not charts:
        return
    with st.expander("What it takes: learning rate, gradient, speed, processor, memory, time", key="runs.gauges"):
        boxes = [column for _ in range(3) for column in st.columns(2)]
        for box, (name, (title, chart)) in zip(boxes, charts.items(), strict=True):
            with box:
                st.markdown(f"###### {title}")
                show_ready_chart(chart, key=f"runs.{name}")


@lru_cache(maxsize=MOST_DRAWN)
def _gauges(store: Store, seen: Seen, theme: Theme) -> dict[str, tuple[str, bytes]]:
    """A title and a chart for each gauge; empty where nothing is measured yet."""
    measured = gauges(store, seen.run.id)
    if not measured.steps:
        return {}
    charts = {}
    for name, (title, unit, scale) in _GAUGES.items():
        values = [None if value is None else scale * value for value in measured.values[name]]
        figure = gauge(
            measured.steps, values, unit=unit, theme=theme, revision=seen.run.id, log=name == "gradient_norm"
        )
        charts[name] = title, ready_chart(figure, alt=describe_gauge(title, values, unit), theme=theme)
    parts = {part: measured.values[name] for part, name in _PARTS.items()}
    figure = step_parts(measured.steps, parts, theme=theme, revision=seen.run.id)
    alt = " ".join(describe_gauge(part, seconds, "s") for part, seconds in parts.items())
    return charts | {"parts": ("Time of one step", ready_chart(figure, alt=alt, theme=theme))}
