"""How a training went: the loss and the accuracy of one run, or of several laid over each other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from statistics import fmean
from typing import Any, Literal

from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import CURVE_COLOURS, SURFACES, Theme
from cnnlab.words.numbers import exact

Measure = Literal["loss", "accuracy"]
MEASURES: tuple[Measure, ...] = ("loss", "accuracy")

MOST_RUNS = len(CURVE_COLOURS["light"])
"""More runs in one chart could not be told apart."""

SMOOTHING = 0.9
"""How much of the mean so far each point keeps: a value has half its weight left after seven points."""

DASHES = ("dash", "dot", "dashdot")
DASH_SIGNS = ("╌╌╌", "┄┄┄", "╌┄╌")
"""The lines of other methods, and how they look beside their names, which have no room in the legend."""

SYMBOLS = ("diamond", "circle", "square", "triangle-up")
"""The marks of the runs, for eyes that take their colours for one."""

LEAST_STEPS = 100
"""How far the axis goes at least, unless a run has fewer steps."""

ROOM = 1.03
"""A little more than all steps, so that the last point is whole."""

OUT_OF_BOUNDS = 3
"""How many times the first loss is shown at most."""

MOST_EPOCHS = 200
"""So many points of one test curve are drawn, about."""

LONGEST_NAME = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One run's values of one measure: `train` at each of `steps`, `test` at each of `test_steps`, the epochs' ends.

    Several runs that differ in their seeds are one line: `test` is their mean, between `low` and `high`. `validation`
    is there where images were put aside for it.
    """

    name: str
    steps: Sequence[float]
    train: Sequence[float]
    test_steps: Sequence[int]
    test: Sequence[float]
    validation: Sequence[float] = ()
    low: Sequence[float] = ()
    high: Sequence[float] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A value to compare with, such as what another method reaches."""

    title: str
    value: float


def smoothed(values: Sequence[float]) -> list[float]:
    """The running mean of `values`, in which older ones count less and less.

    >>> smoothed([2.0, 2.0, 2.0])
    [2.0, 2.0, 2.0]
    """
    total, weight, means = 0.0, 0.0, []
    for value in values:
        total, weight = SMOOTHING * total + value, SMOOTHING * weight + 1
        means.append(total / weight)
    return means


def places(count: int, most: int = MOST_EPOCHS) -> list[int]:
    """The places of at most `most` among `count` values and of the last: all, every second, every fourth, ….

    >>> places(4, 4), places(6, 4)
    ([0, 1, 2, 3], [1, 3, 5])
    >>> places(7, 4)
    [1, 3, 5, 6]
    """
    stride = 1
    while count > stride * most:
        stride *= 2
    return [*range(stride - 1, count - 1, stride), *([count - 1] if count else [])]


def curves(
    lines: Sequence[Line],
    *,
    measure: Measure,
    theme: Theme,
    total_steps: int,
    revision: str,
    references: Sequence[Reference] = (),
) -> Figure:
    """The chart of one measure over the steps; one run shows each step too, several only their smoothed lines.

    While `revision` stays the same, new data leave the zoom and the hidden curves as they are. `references` are drawn
    as level lines.
    """
    assert len(lines) <= MOST_RUNS
    lines = [_thinned(line) for line in lines]
    is_alone = len(lines) == 1 and not lines[0].low
    traces = _alone(lines[0], measure, theme) if is_alone else _together(lines, measure, theme)
    percent = measure == "accuracy"
    reach = _reach(lines, total_steps)
    dashes = zip(references, DASHES, strict=False)
    traces += [_level(reference, dash, reach, measure, theme) for reference, dash in dashes]
    return {
        "data": traces,
        "layout": layout(
            theme,
            x="step",
            y="right answers, %" if percent else "cross-entropy loss",
            height=340,
            margin={"t": 30},
            legend={"y": 1.02, "yanchor": "bottom"},
            xaxis={"range": [0, reach], "tickformat": ",d", "nticks": 6},
            yaxis={"range": [0, 102]} if percent else _loss_axis(lines),
            hovermode="x unified",
            uirevision=revision,
        ),
    }


def over_seeds(name: str, steps: Sequence[Sequence[int]], tests: Sequence[Sequence[float]]) -> Line:
    """The line of several runs: their mean at the epochs that all have finished, between the lowest and the highest."""
    columns = list(zip(*tests, strict=False))
    return Line(
        name=name,
        steps=(),
        train=(),
        test_steps=[first for first, *_ in zip(*steps, strict=False)],
        test=[fmean(column) for column in columns],
        low=[min(column) for column in columns],
        high=[max(column) for column in columns],
    )


def describe(lines: Sequence[Line], *, measure: Measure) -> str:
    """What the chart shows, in words."""
    unit = _unit(measure)
    sentences = []
    for line in lines:
        train, test = smoothed(line.train), line.test
        if line.low:
            low, high = _written(line.low[-1], measure), _written(line.high[-1], measure)
            mean = f"{_written(test[-1], measure)}{unit} on average over its seeds"
            sentences.append(f"{line.name}: test {mean}, {low} to {high}{unit}.")
            continue
        if not train:
            sentences.append(f"{line.name}: no step yet.")
            continue
        last_test = f", test {_written(test[-1], measure)}{unit} after epoch {len(test)}" if test else ""
        sentences.append(
            f"{line.name}: train from {_written(train[0], measure)}{unit} to {_written(train[-1], measure)}{unit}"
            f" over {exact(round(line.steps[-1]))} steps{last_test}."
        )
    return f"{measure.capitalize()} over the steps. " + " ".join(sentences)


def _thinned(line: Line) -> Line:
    """The line with some of its epochs, where there are so many that nobody could tell them apart."""
    kept = places(len(line.test))

    def some(values: Sequence[Any]) -> list[Any]:
        return [values[i] for i in kept] if values else []

    return replace(
        line,
        test_steps=some(line.test_steps),
        test=some(line.test),
        validation=some(line.validation),
        low=some(line.low),
        high=some(line.high),
    )


def _alone(line: Line, measure: Measure, theme: Theme) -> list[dict[str, Any]]:
    """Each step faintly, the smoothed curve, and the test set's points."""
    train, test = CURVE_COLOURS[theme][:2]
    return [
        {
            **_trace("each step", line.steps, line.train, measure),
            "mode": "lines",
            "line": {"color": train, "width": 1},
            "opacity": 0.35,
            "hoverinfo": "skip",
            "hovertemplate": None,
        },
        {
            **_trace("train", line.steps, smoothed(line.train), measure),
            "mode": "lines",
            "line": {"color": train, "width": 3},
        },
        {
            **_trace("test", line.test_steps, line.test, measure),
            "mode": "lines+markers",
            "line": {"color": test, "width": 3},
            "marker": {"size": 10, "symbol": SYMBOLS[0]},
        },
        *_validation(line, measure, theme),
    ]


def _validation(line: Line, measure: Measure, theme: Theme) -> list[dict[str, Any]]:
    if not line.validation:
        return []
    return [
        {
            **_trace("validation", line.test_steps, line.validation, measure),
            "mode": "lines+markers",
            "line": {"color": CURVE_COLOURS[theme][2], "width": 2},
            "marker": {"size": 8, "symbol": SYMBOLS[1]},
        }
    ]


def _level(reference: Reference, dash: str, reach: float, measure: Measure, theme: Theme) -> dict[str, Any]:
    return {
        **_trace(reference.title, [0, reach / ROOM], [reference.value] * 2, measure),
        "mode": "lines",
        "showlegend": False,
        "line": {"color": SURFACES[theme]["muted"], "width": 2, "dash": dash},
    }


def _band(line: Line, run: dict[str, Any], colour: str, measure: Measure) -> list[dict[str, Any]]:
    """Between the least and the greatest of several seeds."""
    if not line.low:
        return []
    edge = {"mode": "lines", "showlegend": False, "line": {"width": 0}, "hoverinfo": "skip", "hovertemplate": None}
    red, green, blue = bytes.fromhex(colour[1:])
    return [
        {**_trace("", line.test_steps, line.low, measure), **run, **edge},
        {
            **_trace("", line.test_steps, line.high, measure),
            **run,
            **edge,
            "fill": "tonexty",
            "fillcolor": f"rgba({red},{green},{blue},0.2)",
        },
    ]


def _together(lines: Sequence[Line], measure: Measure, theme: Theme) -> list[dict[str, Any]]:
    """A colour for each run: dotted what it sees in training, solid what the test set says."""
    traces = []
    for i, (line, colour) in enumerate(zip(lines, CURVE_COLOURS[theme], strict=False)):
        run = {"legendgroup": str(i), "name": label(line.name)}
        traces += [
            *_band(line, run, colour, measure),
            {
                **_trace("", line.steps, smoothed(line.train), measure),
                **run,
                "mode": "lines",
                "showlegend": False,
                "line": {"color": colour, "width": 2, "dash": "dot"},
            },
            {
                **_trace("", line.test_steps, line.test, measure),
                **run,
                "mode": "lines+markers",
                "line": {"color": colour, "width": 3},
                "marker": {"size": 10, "symbol": SYMBOLS[i]},
            },
        ]
    return traces


def label(name: str) -> str:
    """A name that somebody typed, short enough for a legend, and without a meaning to plotly, which reads some HTML."""
    shown = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"
    return escape(shown, quote=False)


def _trace(name: str, steps: Sequence[float], values: Sequence[float], measure: Measure) -> dict[str, Any]:
    shown = [100 * value for value in values] if measure == "accuracy" else list(values)
    digits = ".1f" if measure == "accuracy" else ".3f"
    return {
        "type": "scatter",
        "name": name,
        "x": list(steps),
        "y": [round(value, 5) for value in shown],
        "hovertemplate": f"%{{y:{digits}}}{_unit(measure)}",
    }


def _reach(lines: Sequence[Line], total_steps: int) -> float:
    """How far the axis goes: all steps, or a half, a quarter, … of them, so that it seldom changes as curves grow."""
    taken = max((steps[-1] for line in lines for steps in (line.steps, line.test_steps) if steps), default=0)
    reach = float(total_steps or LEAST_STEPS)
    while reach / 2 > max(taken, LEAST_STEPS):
        reach /= 2
    return ROOM * max(reach, taken)


def _loss_axis(lines: Sequence[Line]) -> dict[str, Any]:
    """An axis that a loss which grows without bound leaves at the top, where it would hide all others."""
    highest = max((max(line.train, default=0.0) for line in lines), default=0.0)
    bound = OUT_OF_BOUNDS * max((line.train[0] for line in lines if line.train), default=0.0)
    return {"range": [0, bound]} if highest > bound else {"rangemode": "tozero"}


def _unit(measure: Measure) -> str:
    return " %" if measure == "accuracy" else ""


def _written(value: float, measure: Measure) -> str:
    return f"{100 * value:.1f}" if measure == "accuracy" else f"{value:.3f}"
