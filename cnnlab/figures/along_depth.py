"""Charts of a network from its first layer to its last: where the costs sit, and how the maps change."""

from cnnlab.analysis import Analysis
from cnnlab.analysis.costs import WEIGHTED_KINDS
from cnnlab.figures.palette import KIND_COLOURS, Theme
from cnnlab.figures.style import Figure, layout
from cnnlab.figures.words import exact, shape
from cnnlab.walk import Layer

_POWERS = [4**i for i in range(8)]
"""Ticks of the axis that pixels and channels share; both halve and double."""


def costs_along_depth(analysis: Analysis, *, theme: Theme) -> Figure:
    """Each weighted layer's share of the multiply-accumulates (up) and of the parameters (down), in per cent."""
    rows = _weighted(analysis)
    total_macs, total_params = max(analysis.macs, 1), max(analysis.params, 1)
    place = list(range(1, len(rows) + 1))
    colours = [KIND_COLOURS[theme][row.kind] for row in rows]
    up = {
        "type": "bar",
        "name": "MACs",
        "x": place,
        "y": [100 * row.macs / total_macs for row in rows],
        "marker": {"color": colours},
        "customdata": [[row.path, exact(row.macs)] for row in rows],
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]} MACs, %{y:.1f} %<extra></extra>",
    }
    down = {
        "type": "bar",
        "name": "parameters",
        "x": place,
        "y": [-100 * row.params / total_params for row in rows],
        "marker": {"color": colours, "opacity": 0.55},
        "customdata": [[row.path, exact(row.params), 100 * row.params / total_params] for row in rows],
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]} parameters, %{customdata[2]:.1f} %<extra></extra>",
    }
    largest = max((max(row.macs / total_macs, row.params / total_params) for row in rows), default=1.0)
    reach = 115 * largest or 1.0
    notes = [_note("▲ MACs", 1.0, "top"), _note("▼ parameters", 0.0, "bottom")]
    step = _step(reach)
    ticks = [i * step for i in range(-int(reach / step), int(reach / step) + 1)]
    chart = layout(
        theme,
        x="layer, from image to answer",
        y="share of the total, %",
        barmode="relative",
        bargap=0.15,
        uirevision=f"{len(rows)} layers",
        showlegend=False,
        annotations=notes,
        xaxis={"range": [0.4, len(rows) + 0.6], "showgrid": False, **_whole_ticks(len(rows))},
        yaxis={
            "range": [-reach, reach],
            "tickvals": ticks,
            "ticktext": [f"{abs(tick):g}" for tick in ticks],
            "zeroline": True,
            "zerolinewidth": 2,
        },
    )
    return {"data": [up, down], "layout": chart}


def maps_along_depth(analysis: Analysis, *, theme: Theme) -> Figure:
    """Side of the map in pixels and number of channels after each weighted or pooling layer, on a logarithmic axis."""
    image = (analysis.spec.in_channels, analysis.spec.image_size, analysis.spec.image_size)
    rows = [row for row in analysis.rows if row.kind in WEIGHTED_KINDS | {"pooling"} and not _in_shortcut(row)]
    shapes = [image, *(row.output_shape for row in rows)]
    names = ["image", *(row.path for row in rows)]
    place = list(range(len(shapes)))
    sides = [form[1] if len(form) > 1 else 1 for form in shapes]
    text = [[name, shape(form)] for name, form in zip(names, shapes, strict=True)]
    colours = KIND_COLOURS[theme]
    lines = [
        _line("side", place, sides, text, colours["pooling"], "solid"),
        _line("channels", place, [form[0] for form in shapes], text, colours["convolution"], "dot"),
    ]
    chart = layout(
        theme,
        x="layer, from image to answer",
        y="pixels, or channels",
        uirevision=f"{len(shapes)} shapes",
        xaxis={"range": [-0.3, len(shapes) - 0.7], "showgrid": False, **_whole_ticks(len(shapes))},
        yaxis={"type": "log", "tickvals": _POWERS, "ticktext": [str(power) for power in _POWERS]},
    )
    return {"data": lines, "layout": chart}


def _weighted(analysis: Analysis) -> list[Layer]:
    return [row for row in analysis.rows if row.kind in WEIGHTED_KINDS]


def _in_shortcut(row: Layer) -> bool:
    return "shortcut" in row.path.split(".")


def _step(reach: float) -> float:
    """A round distance between ticks that gives three or four of them up to `reach`."""
    return next(step for step in (0.5, 1, 2, 5, 10, 20, 25, 50) if reach / step <= 4.6)


def _whole_ticks(count: int) -> dict[str, int]:
    """Ticks of an axis that counts layers: whole numbers, at most a dozen."""
    return {"tick0": 0, "dtick": max(1, -(-count // 12))}


def _note(text: str, y: float, anchor: str) -> dict[str, object]:
    place = {"xref": "paper", "yref": "paper", "x": 1, "xanchor": "right", "y": y, "yanchor": anchor}
    return {"text": text, "showarrow": False, "font": {"size": 15}, **place}


def _line(name: str, x: list[int], y: list[int], text: list[list[str]], colour: str, dash: str) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(x) <= 30 else "lines",
        "name": name,
        "x": x,
        "y": y,
        "customdata": text,
        "hovertemplate": "%{customdata[0]}: %{customdata[1]}<extra></extra>",
        "line": {"color": colour, "width": 3, "shape": "hv", "dash": dash},
        "marker": {"size": 7},
    }
