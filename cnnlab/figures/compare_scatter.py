"""The networks of a comparison as points: one number against another."""

import math
from collections.abc import Sequence
from typing import Any

from cnnlab.analysis.entries import Entry
from cnnlab.analysis.measure import Measure
from cnnlab.figures.compare_words import AXIS_UNITS, LETTERS, lines, written
from cnnlab.figures.palette import ENTRY_COLOURS, SURFACES, Theme, ink_on
from cnnlab.figures.style import Figure, layout

MARKER = 30
"""The size of a point in pixels: its letter has to be read from afar."""

FAR_APART = 4
"""From this ratio of the largest to the smallest on, a cost has a logarithmic axis."""


def scatter(entries: Sequence[Entry], x: Measure, y: Measure, *, theme: Theme) -> Figure:
    """A point for each network of which both numbers are known, with its letter in it and its name beside it."""
    points = [
        (i, a, b) for i, one in enumerate(entries) if (a := x.of(one)) is not None and (b := y.of(one)) is not None
    ]
    axes = {"x": _axis(x, [point[1] for point in points]), "y": _axis(y, [point[2] for point in points])}
    colours = [ENTRY_COLOURS[theme][i] for i, _, _ in points]
    trace = {
        "type": "scatter",
        "mode": "markers+text",
        "name": "networks",
        "x": [point[1] for point in points],
        "y": [point[2] for point in points],
        "text": [f"<b>{LETTERS[i]}</b>" for i, _, _ in points],
        "textfont": {"size": 16, "color": [ink_on(colour) for colour in colours]},
        "marker": {
            "size": MARKER,
            "color": colours,
            "line": {"color": SURFACES[theme]["background"], "width": 2},
        },
        "cliponaxis": False,
        "customdata": [[entries[i].name, written(a, x), written(b, y)] for i, a, b in points],
        "hovertemplate": "%{customdata[0]}<br>" + f"{x.title} " + "%{customdata[1]}<br>" + f"{y.title} "
        "%{customdata[2]}<extra></extra>",
    }
    chart = layout(
        theme,
        x=f"{x.title}, {AXIS_UNITS[x.unit]}",
        y=f"{y.title}, {AXIS_UNITS[y.unit]}",
        height=400,
        margin={"t": 20},
        showlegend=False,
        uirevision=f"{x.name} {y.name} {len(entries)}",
        xaxis=axes["x"],
        yaxis=axes["y"],
        annotations=[_name(entries[i], a, b, axes) for i, a, b in points],
    )
    return {"data": [trace], "layout": chart}


def describe_scatter(entries: Sequence[Entry], x: Measure, y: Measure) -> str:
    """The points in words."""
    points = [
        f"{one.name} at {written(x.of(one), x)} and {written(y.of(one), y)}"
        for one in entries
        if x.of(one) is not None and y.of(one) is not None
    ]
    return f"{y.title} over {x.title}: {'; '.join(points) or 'no network has both'}."


def missing(entries: Sequence[Entry], measure: Measure) -> list[str]:
    """The names of the networks of which that number is not known."""
    return [one.name for one in entries if measure.of(one) is None]


def _axis(measure: Measure, values: Sequence[float]) -> dict[str, Any]:
    """The axis with room at both ends; logarithmic where costs are far apart."""
    low, high = min(values, default=0), max(values, default=1)
    if measure.is_cost and low > 0 and high / low >= FAR_APART:
        ends = [math.log10(low), math.log10(high)]
        room = 0.16 * (ends[1] - ends[0])
        return {
            "type": "log",
            "range": [ends[0] - room, ends[1] + room],
            "exponentformat": "SI",
            "nticks": 6,
            "dtick": "D2",
        }
    if measure.is_cost:
        return {"type": "linear", "range": [0, 1.15 * high or 1], "exponentformat": "SI", "nticks": 6}
    room = 0.16 * (high - low) or max(0.1 * abs(high), 1)
    whole = {"dtick": 1} if measure.unit == "year" else {}
    return {"type": "linear", "range": [low - room, high + room], "exponentformat": "none", "nticks": 6, **whole}


def _name(entry: Entry, x: float, y: float, axes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The name beside its point, on the side where there is more room."""
    place = {axis: _place(value, axes[axis]) for axis, value in (("x", x), ("y", y))}
    low, high = axes["x"]["range"]
    is_left = place["x"] < (low + high) / 2
    first, second = lines(entry.name)
    return {
        "x": place["x"],
        "y": place["y"],
        "text": first + (f"<br>{second}" if second else ""),
        "showarrow": False,
        "align": "left" if is_left else "right",
        "xanchor": "left" if is_left else "right",
        "xshift": MARKER * 0.65 if is_left else -MARKER * 0.65,
        "font": {"size": 14},
    }


def _place(value: float, axis: dict[str, Any]) -> float:
    """Where an annotation of that value stands: plotly takes its logarithm on a logarithmic axis."""
    return math.log10(value) if axis["type"] == "log" else value
