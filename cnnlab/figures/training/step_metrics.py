"""A small chart for each metric that is measured of a training step, and one for the parts of the step's time."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from cnnlab.figures.layout import Figure, bounded_axis, layout, log_axis
from cnnlab.figures.palette import CURVE_COLOURS, Theme
from cnnlab.training.step_metrics import STEP_TIMES, StepMetric
from cnnlab.words.sentence import Sentence, joined

HEIGHT = 250

Values = Sequence[float | None]
"""The stored values of one metric, one for each step on the axis; None where it was not measured."""


def metric_chart(metric: StepMetric, steps: Sequence[float], values: Values, *, theme: Theme, revision: str) -> Figure:
    """One metric over the steps, with gaps where it was not measured."""
    title = metric.unit or metric.title.lower()
    shown = _shown(metric, values)
    axis = log_axis([value for value in shown if value]) if metric.is_log else {"rangemode": "tozero"}
    trace = _line(title, steps, shown, CURVE_COLOURS[theme][0], width=2)
    return _small_chart([trace], f"{title} (log)" if metric.is_log else title, axis, theme, revision)


def step_time_chart(steps: Sequence[float], values: Mapping[str, Values], *, theme: Theme, revision: str) -> Figure:
    """The parts of the time of a step, stacked; `values` are by the names of `STEP_TIMES`."""
    parts = [_shown(metric, values[metric.name]) for metric in STEP_TIMES]
    totals = [sum(value or 0.0 for value in column) for column in zip(*parts, strict=True)]
    traces = [
        _line(metric.title, steps, part, colour, width=1, stackgroup="step")
        for metric, part, colour in zip(STEP_TIMES, parts, CURVE_COLOURS[theme], strict=False)
    ]
    axis = bounded_axis(max(totals, default=0.0), usual=median(totals) if totals else 0.0)
    return _small_chart(traces, f"{STEP_TIMES[0].unit} per step", axis, theme, revision)


def describe_metric(metric: StepMetric, values: Values) -> Sentence:
    """What the chart of a metric shows, in words."""
    known = [metric.shown(value) for value in values if value is not None]
    if not known:
        return Sentence("{title}: not measured.", title=metric.title)
    last, low, high = (f"{value:.4g}" for value in (known[-1], min(known), max(known)))
    last = f"{last} {metric.unit}".strip()
    template = "{title} over the steps: {last} at the end, from {low} to {high}."
    return Sentence(template, title=metric.title, last=last, low=low, high=high)


def describe_step_times(values: Mapping[str, Values]) -> Sentence:
    """What the chart of the parts of a step shows, in words."""
    return joined([describe_metric(metric, values[metric.name]) for metric in STEP_TIMES])


def _shown(metric: StepMetric, values: Values) -> list[float | None]:
    return [None if value is None else metric.shown(value) for value in values]


def _line(name: str, steps: Sequence[float], values: Values, colour: str, *, width: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(steps),
        "y": [None if value is None else float(f"{value:.5g}") for value in values],
        "line": {"color": colour, "width": width},
        "hovertemplate": "%{y:.4~g}",
        **more,
    }


def _small_chart(
    traces: list[dict[str, Any]], title: str, y_axis: dict[str, Any], theme: Theme, revision: str
) -> Figure:
    return {
        "data": traces,
        "layout": layout(
            theme,
            x="step",
            y=title,
            height=HEIGHT,
            margin={"t": 12},
            showlegend=len(traces) > 1,
            legend={"traceorder": "normal", "font": {"size": 13}, "y": 1.02},
            xaxis={"rangemode": "tozero", "nticks": 5, "tickformat": ",~g"},
            yaxis={"tickformat": "~g", **y_axis},
            hovermode="x unified" if len(traces) > 1 else "closest",
            uirevision=revision,
        ),
    }
