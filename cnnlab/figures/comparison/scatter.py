"""The networks of a comparison as points: one measure against another."""

import math
from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

from cnnlab.analysis.entries import Entry
from cnnlab.analysis.measures import Measure
from cnnlab.figures.comparison.words import axis_title, lines
from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import ENTRY_COLOURS, ENTRY_LETTERS, SURFACES, Theme, ink_on

MARKER = 30
"""The size of a point in pixels, for a letter that is legible on a projector."""

PLOT_WIDTH, NARROW_WIDTH, PLOT_HEIGHT = 440.0, 230.0, 300.0
"""The approximate size of the plot in pixels, for the check whether a name has room."""

LETTER_WIDTH, LINE_HEIGHT = 7.6, 18.0

FEW = 4
"""Up to so many networks are called by their whole names."""

ROOM = 0.2
"""The margin of an axis at each end, relative to the range of the points."""


class Point(NamedTuple):
    """A network's place among the others, and its two numbers."""

    place: int
    x: float
    y: float


Box = tuple[float, float, float, float]
"""Left, lower, right and upper end, in pixels."""


def scatter(
    entries: Sequence[Entry],
    x: Measure,
    y: Measure,
    *,
    theme: Theme,
    background: Sequence[Entry] = (),
    is_narrow: bool = False,
) -> Figure:
    """A point for each network that has both numbers, with its letter in it and its name beside it.

    Those of the `background` are small and grey.
    """
    points, others = _points(entries, x, y), _points(background, x, y)
    every = [*points, *others]
    axes = {"x": _axis(x, [point.x for point in every]), "y": _axis(y, [point.y for point in every])}
    colours = [ENTRY_COLOURS[theme][i] for i, *_ in points]
    trace = _trace(entries, points, x, y) | {
        "mode": "markers+text",
        "name": "networks",
        "text": [f"<b>{ENTRY_LETTERS[i]}</b>" for i, *_ in points],
        "textfont": {"size": 16, "color": [ink_on(colour) for colour in colours]},
        "marker": {"size": MARKER, "color": colours, "line": {"color": SURFACES[theme]["background"], "width": 2}},
        "cliponaxis": False,
    }
    grey = _trace(background, others, x, y) | {
        "mode": "markers",
        "name": "others",
        "marker": {"size": 11, "color": SURFACES[theme]["muted"], "opacity": 0.45},
    }
    chart = layout(
        theme,
        # The ticks of a logarithmic axis have their units.
        **{name: escape(m.title) if axes[name]["type"] == "log" else axis_title(m) for name, m in (("x", x), ("y", y))},
        height=400,
        margin={"t": 20},
        showlegend=False,
        uirevision=f"{x.name} {y.name} {len(entries)}",
        xaxis=axes["x"],
        yaxis=axes["y"],
        annotations=_names(entries, points, axes, NARROW_WIDTH if is_narrow else PLOT_WIDTH),
    )
    return {"data": [grey, trace] if others else [trace], "layout": chart}


def has_points(entries: Sequence[Entry], x: Measure, y: Measure) -> bool:
    """Whether any network has both numbers."""
    return bool(_points(entries, x, y))


def _points(entries: Sequence[Entry], x: Measure, y: Measure) -> list[Point]:
    found = [(place, x.of(one), y.of(one)) for place, one in enumerate(entries)]
    return [Point(place, a, b) for place, a, b in found if a is not None and b is not None]


def _trace(entries: Sequence[Entry], points: Sequence[Point], x: Measure, y: Measure) -> dict[str, Any]:
    values = "<br>".join(f"{escape(measure.title)} %{{customdata[{i}]}}" for i, measure in enumerate((x, y), start=1))
    return {
        "type": "scatter",
        "x": [point.x for point in points],
        "y": [point.y for point in points],
        "customdata": [[entries[place].name, x.text(a), y.text(b)] for place, a, b in points],
        "hovertemplate": f"%{{customdata[0]}}<br>{values}<extra></extra>",
    }


def describe_scatter(entries: Sequence[Entry], x: Measure, y: Measure) -> str:
    """The points in words."""
    points = [f"{entries[place].name} at {x.text(a)} and {y.text(b)}" for place, a, b in _points(entries, x, y)]
    return f"{y.title} over {x.title}: {'; '.join(points) or 'no network has both'}."


def missing(entries: Sequence[Entry], measure: Measure) -> list[str]:
    """The names of the networks without that number."""
    return [one.name for one in entries if measure.of(one) is None]


def _axis(measure: Measure, values: Sequence[float]) -> dict[str, Any]:
    """The axis with room at both ends; logarithmic where the largest cost is at least four times the smallest."""
    low, high = min(values, default=0), max(values, default=1)
    if measure.is_cost and low > 0 and high / low >= 4:
        ends = [math.log10(low), math.log10(high)]
        room = ROOM * (ends[1] - ends[0])
        digits = (1, 2, 5) if ends[1] - ends[0] < 1.2 else (1, 3) if ends[1] - ends[0] < 2.2 else (1,)
        powers = range(math.floor(ends[0]) - 1, math.ceil(ends[1]) + 1)
        ticks = [digit * 10**power for power in powers for digit in digits]
        named = {"tickvals": ticks, "ticktext": [measure.text(tick) for tick in ticks], "tickangle": 0}
        return {"type": "log", "range": [ends[0] - room, ends[1] + room], **named}
    if measure.is_cost:
        return {"type": "linear", "range": [0, (1 + ROOM) * high or 1], "exponentformat": "SI", "nticks": 6}
    room = ROOM * (high - low) or max(0.1 * abs(high), 1)
    whole = {"tickformat": "d"} if measure.unit.is_whole else {}
    return {"type": "linear", "range": [low - room, high + room], "nticks": 6, **whole}


def _names(
    entries: Sequence[Entry], points: Sequence[Point], axes: dict[str, dict[str, Any]], plot_width: float
) -> list[dict[str, Any]]:
    """The names beside their points, of many only what tells them apart; one without room is left out."""
    names = [(first, "") if len(entries) > FEW else (first, rest) for first, rest in lines([e.name for e in entries])]
    centres = [(plot_width * _share(p.x, axes["x"]), PLOT_HEIGHT * _share(p.y, axes["y"])) for p in points]
    taken = [_box(x, y, MARKER, MARKER) for x, y in centres]
    notes = []
    for point, (x, y) in zip(points, centres, strict=True):
        text = [line for line in names[point.place] if line]
        width, height = LETTER_WIDTH * max(map(len, text)), LINE_HEIGHT * len(text)
        # Right of its point, left of it, above, below; there is some room above the plot.
        for across, up in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            box = _box(x + across * (MARKER + width) * 0.54, y + up * (MARKER + height) * 0.56, width, height)
            is_inside = box[0] >= 0 and box[2] <= plot_width and box[1] >= 0 and box[3] <= PLOT_HEIGHT + 8
            if is_inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                side = {1: "left", 0: "center", -1: "right"}[across]
                notes.append(
                    {
                        "x": _place(point.x, axes["x"]),
                        "y": _place(point.y, axes["y"]),
                        "text": "<br>".join(text),
                        "showarrow": False,
                        "align": side,
                        "xanchor": side,
                        "yanchor": {1: "bottom", 0: "middle", -1: "top"}[up],
                        "xshift": across * MARKER * 0.6,
                        "yshift": up * MARKER * 0.55,
                        "font": {"size": 14},
                    }
                )
                break
    return notes


def _box(x: float, y: float, width: float, height: float) -> Box:
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _share(value: float, axis: dict[str, Any]) -> float:
    """The position of a value along the axis, 0 to 1."""
    low, high = axis["range"]
    return float((_place(value, axis) - low) / (high - low))


def _place(value: float, axis: dict[str, Any]) -> float:
    """The position of an annotation of that value: plotly takes its logarithm on a logarithmic axis."""
    return math.log10(value) if axis["type"] == "log" else value
