"""The loss and the accuracy of the runs that are shown, in two charts."""

from dataclasses import replace
from functools import lru_cache
from statistics import fmean

import streamlit as st

from cnnlab.figures.palette import ENTRY_LETTERS, Theme
from cnnlab.figures.training.learning_curves import (
    AXES,
    CURVE_METRICS,
    DEFAULT_OPTIONS,
    MAX_NAME_LENGTH,
    MAX_NAMED,
    MAX_SERIES,
    SMOOTHING,
    CurveMetric,
    CurveOptions,
    Reference,
    describe_learning_curves,
    learning_curves,
)
from cnnlab.runs import Run
from cnnlab.runs.comparing import grouped, series_of
from cnnlab.runs.labels import labels
from cnnlab.runs.run_cache import Snapshot
from cnnlab.ui.components.live_chart.live_chart import ready_chart, show_ready_chart
from cnnlab.ui.markdown import verbatim
from cnnlab.ui.runs.seeds import show_comparison
from cnnlab.ui.runs.status import accuracy_text
from cnnlab.ui.runs.watching import MAX_CHARTS
from cnnlab.ui.visitors.visitor import theme


def pick_options() -> CurveOptions:
    """The options above the charts."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        axis = st.segmented_control(
            "Along",
            list(AXES),
            format_func=lambda name: AXES[name].label,
            default="steps",
            required=True,
            key="runs.along",
            width="content",
        )
        smoothing = st.slider("Smoothing of the training curves", 0.0, 0.99, SMOOTHING, key="runs.smoothing", width=280)
        log_loss = st.toggle("Logarithmic loss", key="runs.log")
    return CurveOptions(axis=axis or "steps", smoothing=smoothing, log_loss=log_loss)


def show_charts(
    snapshots: tuple[Snapshot, ...],
    key: str,
    *,
    options: CurveOptions = DEFAULT_OPTIONS,
    references: tuple[Reference, ...] = (),
    can_save: bool = False,
) -> None:
    """The charts side by side, what their lines mean, and whether two groups of seeds differ.

    `references` are lines in the accuracy chart. The charts can be saved as images if `can_save`.
    """
    groups, names, charts = _drawing(snapshots, options, theme(), references, can_save)
    for column, metric in zip(st.columns(2), CURVE_METRICS, strict=True):
        with column, st.container(border=True):
            st.markdown(f"### {metric.capitalize()}")
            show_ready_chart(charts[metric], key=f"{key}.{metric}")
    if len(names) > MAX_NAMED or (len(names) > 1 and max(map(len, names)) > MAX_NAME_LENGTH):
        _show_names(groups, names)
    if len(snapshots) > 1:
        st.caption(_line_styles(groups[:MAX_SERIES]))
    if len(groups) > MAX_SERIES:
        st.caption(f"The first {MAX_SERIES} are drawn; with more, the lines could not be distinguished.")
    show_comparison(groups, names)


@lru_cache(maxsize=MAX_CHARTS)
def _drawing(
    snapshots: tuple[Snapshot, ...],
    options: CurveOptions,
    theme: Theme,
    references: tuple[Reference, ...],
    can_save: bool,
) -> tuple[list[list[Run]], list[str], dict[CurveMetric, bytes]]:
    groups = grouped(snapshot.run for snapshot in snapshots)
    names = labels(groups[:MAX_SERIES])
    curves = {snapshot.run.id: snapshot.curve for snapshot in snapshots}
    charts: dict[CurveMetric, bytes] = {}
    for metric in CURVE_METRICS:
        series = [
            replace(series_of(group, curves, metric, options.axis, options.smoothing), name=name)
            for group, name in zip(groups, names, strict=False)
        ]
        figure = learning_curves(
            series,
            metric=metric,
            theme=theme,
            revision=" ".join(curves),
            options=options,
            total_steps=max(snapshot.run.total_steps for snapshot in snapshots),
            references=references if metric == "accuracy" else (),
        )
        alt = describe_learning_curves(series, metric=metric, options=options)
        title = f"{metric.capitalize()} of {snapshots[0].run.name}" if can_save else ""
        charts[metric] = ready_chart(figure, alt=alt, theme=theme, title=title)
    return groups, names, charts


def _line_styles(groups: list[list[Run]]) -> str:
    sizes = [len(group) for group in groups]
    dotted = "Dotted: training. " if min(sizes) == 1 else ""
    bands = " Bands: from the lowest to the highest seed." if max(sizes) > 1 else ""
    return f"{dotted}Solid: test.{bands}"


def _show_names(groups: list[list[Run]], names: list[str]) -> None:
    with st.container(horizontal=True, gap="medium"):
        for letter, group, name in zip(ENTRY_LETTERS, groups, names, strict=False):
            reached = [run.test_accuracy for run in group if run.test_accuracy is not None]
            accuracy = accuracy_text(fmean(reached) if reached else None)
            st.markdown(f"**{letter}** {verbatim(name)} **{accuracy}**", width="content")
