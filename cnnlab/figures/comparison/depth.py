"""The networks of a comparison in one chart, from the first layer to the last."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal

from cnnlab.analysis import Analysis
from cnnlab.analysis.costs import WEIGHTED_KINDS
from cnnlab.analysis.entries import Entry
from cnnlab.figures.comparison.words import legend_label
from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import ENTRY_COLOURS, ENTRY_LETTERS, Theme
from cnnlab.walk import Layer
from cnnlab.words.numbers import count

AlongDepth = Literal["macs_so_far", "params_so_far", "macs", "channels", "side"]


@dataclass(frozen=True, slots=True)
class DepthCurve:
    """One curve: its name on the page, its axis, and its value after each layer of the main path."""

    title: str
    axis: str
    values: Callable[[Analysis], list[float]]
    is_sum: bool = False
    is_log: bool = False


def _main_layers(analysis: Analysis) -> list[Layer]:
    return [row for row in analysis.rows if _is_main(row)]


def _is_main(row: Layer) -> bool:
    """Whether the layer is one of those that `num_layers` counts."""
    return row.kind in WEIGHTED_KINDS and "shortcut" not in row.path.split(".")


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
    "macs": DepthCurve("MACs per layer", "MACs", lambda report: [row.macs for row in _main_layers(report)]),
    "channels": DepthCurve(
        "Channels", "channels", lambda report: [row.output_shape[0] for row in _main_layers(report)], is_log=True
    ),
    "side": DepthCurve(
        "Feature map size",
        "pixels",
        lambda report: [row.output_shape[1] if len(row.output_shape) > 1 else 1 for row in _main_layers(report)],
        is_log=True,
    ),
}


def depth_chart(entries: Sequence[Entry], along: AlongDepth, *, theme: Theme) -> Figure:
    """A line for each network over its layers, with its letter at the end."""
    curve = DEPTH_CURVES[along]
    traces: list[dict[str, Any]] = []
    ends: dict[tuple[int, float], list[str]] = {}
    for index, one in enumerate(entries):
        values = curve.values(one.analysis)
        colour = ENTRY_COLOURS[theme][index]
        traces.append(_line(index, one, values, colour, shape="linear" if curve.is_sum else "hv"))
        if values:
            letter = f'<b><span style="color:{colour}">{ENTRY_LETTERS[index]}</span></b>'
            ends.setdefault((len(values), values[-1]), []).append(letter)
    longest = max((len(trace["x"]) for trace in traces), default=1)
    chart = layout(
        theme,
        x="layer, from input to output",
        y=curve.axis,
        height=420,
        margin={"t": 20},
        legend={"y": 1.02},
        annotations=[_letters(*end, letters, is_log=curve.is_log) for end, letters in ends.items()],
        uirevision=f"{along} {longest}",
        xaxis={"range": [0, 1.04 * longest + 0.5], "showgrid": False, "tick0": 0, "dtick": -(-longest // 12)},
        yaxis={"type": "log", "dtick": 0.30103, "tickformat": "d"}
        if curve.is_log
        else {"rangemode": "tozero", "exponentformat": "SI"},
    )
    return {"data": traces, "layout": chart}


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


def _line(index: int, entry: Entry, values: list[float], colour: str, *, shape: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": legend_label(index, entry.name),
        "x": list(range(1, len(values) + 1)),
        "y": values,
        "line": {"color": colour, "width": 3, "shape": shape},
        "customdata": [row.path for row in _main_layers(entry.analysis)],
        "hovertemplate": "%{customdata}: %{y:.3s}",
    }


def _letters(layers: int, value: float, letters: list[str], *, is_log: bool) -> dict[str, Any]:
    """The letters of the lines that end there, side by side."""
    return {
        "x": layers,
        "y": math.log10(value) if is_log else value,
        "text": " ".join(letters),
        "showarrow": False,
        "xanchor": "left",
        "xshift": 6,
        "font": {"size": 17},
    }
