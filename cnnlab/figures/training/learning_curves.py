"""The learning curves of runs: loss or accuracy, over steps, epochs, seconds or MACs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal, NamedTuple

from cnnlab.figures.layout import Figure, bounded_axis, layout
from cnnlab.figures.palette import CURVE_COLOURS, ENTRY_COLOURS, ENTRY_LETTERS, SURFACES, Theme, translucent
from cnnlab.figures.training.letters import end_letters
from cnnlab.words.names import labels
from cnnlab.words.numbers import count
from cnnlab.words.sentence import Sentence, joined

CurveMetric = Literal["loss", "accuracy"]
CURVE_METRICS: tuple[CurveMetric, ...] = ("loss", "accuracy")

Axis = Literal["steps", "epochs", "seconds", "macs"]


class _AxisText(NamedTuple):
    """The name of an axis, its title, what its numbers count, and their format (d3's)."""

    label: str
    title: str
    counted: str
    tick_format: str = ",~g"


AXES: dict[Axis, _AxisText] = {
    "steps": _AxisText("Steps", "step", "steps"),
    "epochs": _AxisText("Epochs", "epoch", "epochs"),
    "seconds": _AxisText("Seconds", "seconds of computing", "seconds of computing"),
    "macs": _AxisText("MACs", "multiply-accumulates (MACs)", "multiply-accumulates", ".3~s"),
}


class _MetricStyle(NamedTuple):
    """How the values of a metric are shown: multiplied by `scale`, with this format and unit."""

    title: str
    scale: float
    format: str
    unit: str

    def text(self, value: float) -> str:
        return f"{self.scale * value:{self.format}}{self.unit}"


_STYLES: dict[CurveMetric, _MetricStyle] = {
    "loss": _MetricStyle("cross-entropy loss", 1.0, ".3f", ""),
    "accuracy": _MetricStyle("accuracy, %", 100.0, ".1f", " %"),
}

MAX_SERIES = len(ENTRY_COLOURS["light"])
"""More in one chart cannot be distinguished, not even with a letter at the end of each."""

MARKERS = ("diamond", "circle", "square", "triangle-up", "triangle-down", "cross", "x", "star")
"""The markers of the series, for those who cannot tell the colours apart."""

MAX_NAMED = 4
"""With more series, the legend shows only the letters: the names would leave no room for the curves."""

DASHES = {"╌╌╌": "dash", "┄┄┄": "dot", "╌┄╌": "dashdot"}
"""The lines of references, by the sign that shows them beside their names, which have no room in the legend."""

SMOOTHING = 0.9
"""How much each step keeps of the mean before it, by default: a value has half its weight left after seven steps."""

MIN_STEPS = 100
"""How far an axis of steps goes at least, unless the runs have fewer steps."""

MAX_NAME_LENGTH = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One metric of one run: training values at `x`, test values at `test_x`, where those of validation are too.

    `smooth` are the training values smoothed over all steps, also those that are not shown; without them, the shown
    ones are smoothed. A group of seeds is one series, without training values: `test` is the mean, between `low` and
    `high`. `last_epoch` is the number of the epoch that ended last.
    """

    name: str
    x: Sequence[float] = ()
    train: Sequence[float] = ()
    smooth: Sequence[float] = ()
    test_x: Sequence[float] = ()
    test: Sequence[float] = ()
    validation: Sequence[float] = ()
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    last_epoch: int = 0

    def smoothed(self, keep: float) -> Sequence[float]:
        """The training values, smoothed."""
        return self.smooth or smoothed(self.train, keep)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A value to compare with, such as the accuracy of another method."""

    title: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveOptions:
    """How curves are drawn: along which axis, how smooth (from 0 to under 1), and a loss on a log axis or not."""

    axis: Axis = "steps"
    smoothing: float = SMOOTHING
    log_loss: bool = False


DEFAULT_OPTIONS = CurveOptions()


def smoothed(values: Sequence[float], keep: float) -> list[float]:
    """The running mean of `values`, in which each point keeps the share `keep` of the mean before it.

    >>> smoothed([1.0, 3.0], 0.0)
    [1.0, 3.0]
    """
    total, weight, means = 0.0, 0.0, []
    for value in values:
        total, weight = keep * total + value, keep * weight + 1
        means.append(total / weight)
    return means


def learning_curves(
    series: Sequence[Series],
    *,
    metric: CurveMetric,
    theme: Theme,
    revision: str,
    options: CurveOptions = DEFAULT_OPTIONS,
    total_steps: int = 0,
    references: Sequence[Reference] = (),
) -> Figure:
    """One run with each step, training, test and validation; or several series, each with a colour, marker and letter.

    While `revision` and `options` stay the same, new data leave the zoom and the hidden curves as they are. An axis of
    steps has room for `total_steps`. `references` are horizontal lines. Of more than `MAX_NAMED` series the names must
    stand beside the chart.
    """
    assert len(series) <= MAX_SERIES
    is_alone = len(series) == 1 and not series[0].low
    end = _axis_end(series, total_steps)
    # A little more than all steps, so that the marker of the last one is complete.
    x_axis = {"range": [0, 1.03 * end]} if options.axis == "steps" else {"rangemode": "tozero"}
    y_axis = _y_axis(series, metric, options)
    smoothing = options.smoothing
    traces = _alone(series[0], metric, smoothing, theme) if is_alone else _together(series, metric, smoothing, theme)
    for reference, dash in zip(references, DASHES.values(), strict=False):
        values, colour = [reference.value] * 2, SURFACES[theme]["muted"]
        traces.append(_line(reference.title, [0, end], values, metric, colour, dash=dash, showlegend=False))
    letters = [] if is_alone else _letters(series, metric, y_axis, theme)
    return {
        "data": traces,
        "layout": layout(
            theme,
            x=AXES[options.axis].title,
            y=_STYLES[metric].title,
            height=340,
            margin={"t": 30, "r": 34 if letters else 16},
            legend={"y": 1.02, "yanchor": "bottom"},
            xaxis={"nticks": 6, "tickformat": AXES[options.axis].tick_format, **x_axis},
            yaxis=y_axis,
            hovermode="x unified",
            annotations=letters,
            uirevision=f"{revision} {options.axis} {options.log_loss}",
        ),
    }


def describe_learning_curves(
    series: Sequence[Series], *, metric: CurveMetric, options: CurveOptions = DEFAULT_OPTIONS
) -> Sentence:
    """What the chart shows, in words."""
    text, counted = _STYLES[metric].text, AXES[options.axis].counted
    sentences = [Sentence("{metric} over the {axis}.", metric=metric.capitalize(), axis=counted)]
    for one in series:
        last = {
            name: text(getattr(one, name)[-1]) for name in ("test", "low", "high", "validation") if getattr(one, name)
        }
        if one.low:
            template = "{name}: test {test} on average over its seeds, {low} to {high}."
        elif one.validation:
            template = "{name}: test {test} and validation {validation} after epoch {epoch}."
        else:
            template = "{name}: test {test} after epoch {epoch}." if one.test else "{name}: not tested yet."
        sentences.append(Sentence(template, name=one.name, epoch=one.last_epoch, **last))
        if one.train:
            train, length = one.smoothed(options.smoothing), count(round(one.x[-1], 2))
            values = {"first": text(train[0]), "last": text(train[-1]), "length": length, "counted": counted}
            sentences.append(Sentence("Training from {first} to {last} over {length} {counted}.", **values))
    return joined(sentences)


def legend_labels(names: Sequence[str]) -> list[str]:
    """Names that users typed, short enough for a legend, and without a meaning to plotly, which reads some HTML."""
    return [escape(name, quote=False) for name in labels(names, MAX_NAME_LENGTH)]


def _alone(series: Series, metric: CurveMetric, smoothing: float, theme: Theme) -> list[dict[str, Any]]:
    """Each step faintly, the smoothed curve, and the points of test and validation."""
    train, test, validation = CURVE_COLOURS[theme][:3]
    traces = []
    if smoothing:
        traces.append(_line("each step", series.x, series.train, metric, train, width=1, opacity=0.35, **_NO_HOVER))
    traces.append(_line("train", series.x, series.smoothed(smoothing), metric, train, width=3))
    traces.append(_line("test", series.test_x, series.test, metric, test, width=3, **_marked(MARKERS[0])))
    if series.validation:
        marked = _marked(MARKERS[1], size=8)
        traces.append(_line("validation", series.test_x, series.validation, metric, validation, **marked))
    return traces


def _together(
    all_series: Sequence[Series], metric: CurveMetric, smoothing: float, theme: Theme
) -> list[dict[str, Any]]:
    """A colour for each series: training dotted, test solid, and a band from the lowest to the highest seed."""
    # With many series, their training curves are faint.
    training = {"opacity": 0.45, "width": 1.5, **_NO_HOVER} if len(all_series) > 2 else {"opacity": 0.9}
    traces = []
    names = legend_labels([series.name for series in all_series])
    for i, (series, colour) in enumerate(zip(all_series, ENTRY_COLOURS[theme], strict=False)):
        name = ENTRY_LETTERS[i] + (f"  {names[i]}" if len(all_series) <= MAX_NAMED else "")
        hidden: dict[str, Any] = {"legendgroup": str(i), "showlegend": False}
        if series.low:
            edge: dict[str, Any] = {"width": 0, **hidden, **_NO_HOVER}
            fill: dict[str, Any] = {"fill": "tonexty", "fillcolor": translucent(colour, 0.2)}
            traces.append(_line(name, series.test_x, series.low, metric, colour, **edge))
            traces.append(_line(name, series.test_x, series.high, metric, colour, **edge, **fill))
        if series.train:
            values = series.smoothed(smoothing)
            traces.append(_line(name, series.x, values, metric, colour, dash="dot", **hidden, **training))
        traces.append(
            _line(name, series.test_x, series.test, metric, colour, width=3, legendgroup=str(i), **_marked(MARKERS[i]))
        )
    return traces


_NO_HOVER: dict[str, Any] = {"hoverinfo": "skip", "hovertemplate": None}


def _marked(symbol: str, size: int = 10) -> dict[str, Any]:
    return {"mode": "lines+markers", "marker": {"size": size, "symbol": symbol}}


def _line(
    name: str,
    x: Sequence[float],
    values: Sequence[float],
    metric: CurveMetric,
    colour: str,
    *,
    width: float = 2,
    dash: str = "",
    **more: Any,
) -> dict[str, Any]:
    style = _STYLES[metric]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(x),
        "y": [round(style.scale * value, 5) for value in values],
        "line": {"color": colour, "width": width, **({"dash": dash} if dash else {})},
        "hovertemplate": f"%{{y:{style.format}}}{style.unit}",
        **more,
    }


def _axis_end(series: Sequence[Series], total_steps: int) -> float:
    """All steps, or a half, a quarter, … of them, so that the axis seldom changes as curves grow."""
    taken = max((x[-1] for one in series for x in (one.x, one.test_x) if x), default=0)
    end = float(total_steps or MIN_STEPS)
    while end / 2 > max(taken, MIN_STEPS):
        end /= 2
    return max(end, taken)


def _y_axis(series: Sequence[Series], metric: CurveMetric, options: CurveOptions) -> dict[str, Any]:
    if metric == "accuracy":
        return {"range": [0.0, 102.0]}  # in per cent, with room for the last marker
    log_axis = {"type": "log", "nticks": 6, "tickformat": "~g"}
    if options.log_loss:
        return log_axis
    trained = [one.train for one in series if one.train]
    axis = bounded_axis(max(map(max, trained), default=0.0), usual=max((train[0] for train in trained), default=0.0))
    ends = [values[-1] for one in series for values in (one.smoothed(options.smoothing), one.test) if values]
    # Where all trainings blew up and their losses stayed high, nothing would be seen.
    return log_axis if "range" in axis and min(ends) > axis["range"][1] else axis


def _letters(
    series: Sequence[Series], metric: CurveMetric, y_axis: dict[str, Any], theme: Theme
) -> list[dict[str, Any]]:
    is_log, scale = y_axis.get("type") == "log", _STYLES[metric].scale

    def height(value: float) -> float:
        """In the coordinates of the axis; not finite where the axis does not reach."""
        return scale * value if not is_log else math.log10(value) if value > 0 else -math.inf

    shown = [height(value) for one in series for values in (one.train, one.test, one.high) for value in values]
    shown = list(filter(math.isfinite, shown))
    if not shown:
        return []
    bottom, top = y_axis.get("range", (min(shown) if is_log else 0.0, max(shown)))
    last = {i: height((one.test or one.train)[-1]) for i, one in enumerate(series) if one.test or one.train}
    return end_letters({i: end for i, end in last.items() if math.isfinite(end)}, bottom, top, theme)
