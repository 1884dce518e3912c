"""The networks of a comparison in one chart, from the first layer to the last."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal

from cnnlab.analysis import Analysis
from cnnlab.analysis.costs import WEIGHTED_KINDS
from cnnlab.analysis.entries import Entry
from cnnlab.figures.comparison.words import legend_labels
from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import ENTRY_COLOURS, ENTRY_LETTERS, Theme
from cnnlab.figures.training.letters import LETTER_SHARE, spread
from cnnlab.walk import Layer
from cnnlab.words.numbers import count

LONGEST_NAME, NARROW_NAME = 24, 32
"""Characters of a name in the legend, of which two stand in a line; and in a narrow chart, where it has one."""

PLOT_HEIGHT, LEGEND_LINE = 390, 26
"""Pixels of the chart without its legend, and of a line of that."""

NEAR = 0.06
"""Letters of lines that end so near to each other would overlap, as a share of the width of the plot."""

AlongDepth = Literal["macs_so_far", "params_so_far", "macs", "channels", "side"]


@dataclass(frozen=True, slots=True)
class DepthCurve:
    """One curve: its name on the page, its axis, and its value after each layer of the main path."""

    title: str
    axis: str
    values: Callable[[Analysis], list[float]]
    is_sum: bool = False
    is_log: bool = False


def _is_main(row: Layer) -> bool:
    """Whether the layer is one of those that `num_layers` counts."""
    return row.kind in WEIGHTED_KINDS and not row.in_shortcut


def _of_each(of: Callable[[Layer], int]) -> Callable[[Analysis], list[float]]:
    return lambda analysis: [of(row) for row in analysis.rows if _is_main(row)]


def _so_far(of: Callable[[Layer], int]) -> Callable[[Analysis], list[float]]:
    """The sum over all layers called before the next layer of the main path: the last value is the total."""

    def values(analysis: Analysis) -> list[float]:
        sums = list(accumulate((of(row) for row in analysis.rows), initial=0))
        starts = [i for i, row in enumerate(analysis.rows) if _is_main(row)]
        return [float(sums[start]) for start in [*starts[1:], len(analysis.rows)]] if starts else []

    return values


DEPTH_CURVES: dict[AlongDepth, DepthCurve] = {
    "macs_so_far": DepthCurve("Cumulative MACs", "cumulative MACs", _so_far(lambda row: row.macs), is_sum=True),
    "params_so_far": DepthCurve(
        "Cumulative parameters", "cumulative parameters", _so_far(lambda row: row.params), is_sum=True
    ),
    "macs": DepthCurve("MACs per layer", "MACs", _of_each(lambda row: row.macs)),
    "channels": DepthCurve("Channels", "channels", _of_each(lambda row: row.output_shape[0]), is_log=True),
    "side": DepthCurve("Feature map size", "pixels", _of_each(lambda row: (*row.output_shape, 1)[1]), is_log=True),
}


def depth_chart(entries: Sequence[Entry], along: AlongDepth, *, theme: Theme, is_narrow: bool = False) -> Figure:
    """A line for each network over its layers, with its letter at the end. The legend takes nothing from the plot."""
    curve = DEPTH_CURVES[along]
    names = legend_labels([one.name for one in entries], longest=NARROW_NAME if is_narrow else LONGEST_NAME)
    traces: list[dict[str, Any]] = []
    ends: dict[tuple[int, float], list[str]] = {}
    for index, one in enumerate(entries):
        values = curve.values(one.analysis)
        colour = ENTRY_COLOURS[theme][index]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": names[index],
                "x": list(range(1, len(values) + 1)),
                "y": values,
                "line": {"color": colour, "width": 3, "shape": "linear" if curve.is_sum else "hv"},
                "customdata": [row.path for row in one.analysis.rows if _is_main(row)],
                "hovertemplate": "%{customdata}: %{y:.3s}",
            }
        )
        if values:
            letter = f'<b><span style="color:{colour}">{ENTRY_LETTERS[index]}</span></b>'
            ends.setdefault((len(values), values[-1]), []).append(letter)
    longest = max((len(trace["x"]) for trace in traces), default=1)
    heights = _heights(list(ends), curve, longest)
    per_line = 1 if is_narrow else 2
    chart = layout(
        theme,
        x="layer, from input to output",
        y=curve.axis,
        height=PLOT_HEIGHT + LEGEND_LINE * -(-len(entries) // per_line),
        margin={"t": 20},
        legend={
            "y": 1.02,
            "entrywidthmode": "fraction",
            "entrywidth": 0.98 / per_line,
            "font": {"size": 13 if is_narrow else 15},
        },
        annotations=[
            {
                "x": layers,
                "y": heights[layers, value],
                "text": " ".join(letters),
                "showarrow": False,
                "xanchor": "left",
                "xshift": 6,
                "font": {"size": 17},
            }
            for (layers, value), letters in ends.items()
        ],
        uirevision=f"{along} {longest}",
        xaxis={
            "range": [0, 1.04 * longest + 0.5],
            "showgrid": False,
            "tick0": 0,
            "dtick": -(-longest // (5 if is_narrow else 12)),
        },
        yaxis={"type": "log", "dtick": 0.30103, "tickformat": "d"}
        if curve.is_log
        else {"rangemode": "tozero", "exponentformat": "SI"},
    )
    return {"data": traces, "layout": chart}


def _heights(ends: list[tuple[int, float]], curve: DepthCurve, longest: int) -> dict[tuple[int, float], float]:
    """The heights of the letters, in the coordinates of the axis: those of lines that end side by side are spread."""
    found = {end: math.log10(end[1]) if curve.is_log else end[1] for end in ends}
    bottom, top = min(found.values(), default=0.0) if curve.is_log else 0.0, max(found.values(), default=1.0)
    remaining = sorted(ends)
    while remaining:
        near = [end for end in remaining if end[0] - remaining[0][0] <= NEAR * longest]
        remaining = remaining[len(near) :]
        moved = spread({i: found[end] for i, end in enumerate(near)}, LETTER_SHARE * (top - bottom), bottom, top)
        found.update({near[i]: height for i, height in moved.items()})
    return found


def describe_depth(entries: Sequence[Entry], along: AlongDepth) -> str:
    """The lines in words."""
    curve = DEPTH_CURVES[along]
    sentences = []
    for one in entries:
        values = curve.values(one.analysis)
        if values:
            sentences.append(
                f"{one.name}: {len(values)} layers, from {count(values[0])} to {count(values[-1])},"
                f" at most {count(max(values))}."
            )
    return f"{curve.title} along the depth. " + " ".join(sentences)
