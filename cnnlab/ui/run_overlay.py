"""Several runs over each other, drawn again while any of them goes on, and what is measured of the first."""

from dataclasses import dataclass

import streamlit as st

from cnnlab.figures.curves import Measure
from cnnlab.figures.gauges import describe_gauge, gauge, step_parts
from cnnlab.figures.overlay import Track, describe_overlay, overlay
from cnnlab.runs import Curve, Run, Store, StoreUnavailable, UnknownRun, ensure_scheduler
from cnnlab.runs.axes import Axis, along
from cnnlab.runs.gauges import gauges
from cnnlab.ui.live_chart import live_chart
from cnnlab.ui.run_view import TICK_SECONDS, show_head, show_numbers, show_standing
from cnnlab.ui.visitor import theme
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
    going_on = tuple(run_id for run_id in run_ids if store.run(run_id).active)
    st.fragment(_watch, run_every=TICK_SECONDS if going_on else None)(store, run_ids, going_on, axes)


def _watch(store: Store, run_ids: tuple[str, ...], going_on: tuple[str, ...], axes: Axes) -> None:
    try:
        runs = [store.run(run_id) for run_id in run_ids]
        if tuple(run.id for run in runs if run.active) != going_on:
            st.rerun()
        if going_on:
            ensure_scheduler(store.folder)
        with st.container():
            show_head(store, runs[0], "runs")
            show_numbers(runs[0])
            show_standing(store, runs[0])
        _show_curves(store, runs[:MOST_TRACKS], axes)
        _show_gauges(store, runs[0])
    except UnknownRun:
        st.rerun()  # it was forgotten for good while somebody watched: the page says so
    except StoreUnavailable as problem:
        st.error(plain(str(problem)), icon=":material/error:")


def _show_curves(store: Store, runs: list[Run], axes: Axes) -> None:
    curves = {run.id: store.curve(run.id) for run in runs}
    measures: tuple[tuple[Measure, str], ...] = (("loss", "Loss"), ("accuracy", "Accuracy"))
    for column, (measure, title) in zip(st.columns(2), measures, strict=True):
        tracks = [_track(run, curves, measure, axes.along) for run in runs]
        with column, st.container(border=True):
            st.markdown(f"##### {title}")
            figure = overlay(
                tracks,
                measure=measure,
                along=axes.along,
                smoothing=axes.smoothing,
                log=axes.log,
                theme=theme(),
                revision=" ".join(run.id for run in runs),
            )
            live_chart(figure, alt=describe_overlay(tracks, measure=measure, along=axes.along), key=f"runs.{measure}")
    st.caption("Dotted: training. Solid: test.")


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


def _show_gauges(store: Store, run: Run) -> None:
    measured = gauges(store, run.id)
    if not measured.steps:
        return
    with st.expander("What it takes: learning rate, gradient, speed, processor, memory, time", key="runs.gauges"):
        boxes = [column for _ in range(3) for column in st.columns(2)]
        for box, (name, (title, unit, scale)) in zip(boxes, _GAUGES.items(), strict=False):
            values = [None if value is None else scale * value for value in measured.values[name]]
            with box:
                st.markdown(f"###### {title}")
                figure = gauge(
                    measured.steps, values, unit=unit, theme=theme(), revision=run.id, log=name == "gradient_norm"
                )
                live_chart(figure, alt=describe_gauge(title, values, unit), key=f"runs.{name}")
        with boxes[-1]:
            st.markdown("###### Time of one step")
            parts = {part: measured.values[name] for part, name in _PARTS.items()}
            figure = step_parts(measured.steps, parts, theme=theme(), revision=run.id)
            alt = " ".join(describe_gauge(part, seconds, "s") for part, seconds in parts.items())
            live_chart(figure, alt=alt, key="runs.parts")
