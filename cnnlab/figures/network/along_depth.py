"""Charts of a network from its first layer to its last: which layers cost most, and how the maps change.

They are redrawn at each step of a knob, so ECharts draws them, in less than half of plotly's time.
"""

import math
from itertools import chain
from typing import Any

from cnnlab.analysis import Analysis
from cnnlab.analysis.costs import WEIGHTED_KINDS
from cnnlab.figures.layout import FONT
from cnnlab.figures.palette import KIND_COLOURS, SURFACES, Theme
from cnnlab.words.numbers import exact, shape

Chart = dict[str, Any]
"""ECharts' `option` as plain data, as `streamlit.echarts_chart` takes it."""

HEIGHT = 320
"""Pixels, for which the charts are laid out."""

_FOOT = 60
"""Pixels below a chart for its axis."""

_LAYERS = "layer, from image to output"

_GRID = {"left": 74, "right": 12, "outerBoundsMode": "none", "containLabel": False}
"""Margins for the labels of the axes: the same in both charts, so that their layers line up."""

_BASE = 4
"""Of the logarithmic axis."""

_COSTS = "{@layer}<br>{@MACs} MACs, {@share of MACs} %<br>{@parameters} parameters, {@share of parameters} %"


def costs_along_depth(analysis: Analysis, *, theme: Theme) -> Chart:
    """Each weighted layer's share of the multiply-accumulates (up) and of the parameters (down), in per cent."""
    rows = [row for row in analysis.rows if row.kind in WEIGHTED_KINDS]
    macs = [round(100 * row.macs / max(analysis.macs, 1), 3) for row in rows]
    params = [round(100 * row.params / max(analysis.params, 1), 3) for row in rows]
    kinds = list(dict.fromkeys(row.kind for row in rows))
    source = [
        [place, row.path, exact(row.macs), exact(row.params), macs_share, params_share]
        + [share if row.kind == kind else None for share in (macs_share, params_share) for kind in kinds]
        for place, (row, macs_share, params_share) in enumerate(zip(rows, macs, params, strict=True), start=1)
    ]
    costs = ("macs", "params")
    names = ["place", "layer", "MACs", "parameters", "share of MACs", "share of parameters"]
    columns = [f"{cost} {kind}" for cost in costs for kind in kinds]
    reach = max(chain(macs, params), default=0.0) or 1.0
    scale = {"type": "value", "min": 0, "max": 1.1 * reach, "interval": _step(reach)}
    scale["axisLabel"] = _words(theme, 14) | {"showMaxLabel": False}
    series = [
        {
            "type": "bar",
            "stack": cost,
            "xAxisIndex": panel,
            "yAxisIndex": panel,
            "encode": {"x": "place", "y": f"{cost} {kind}"},
            "itemStyle": {"color": KIND_COLOURS[theme][kind], "opacity": 0.55 if panel else 1},
            "barCategoryGap": "15%",
        }
        for panel, cost in enumerate(costs)
        for kind in kinds
    ]
    chart = _chart(theme, [*names, *columns], source)
    middle = (10 + HEIGHT - _FOOT) / 2
    return chart | {
        "grid": [_GRID | {"top": 10, "bottom": HEIGHT - middle + 1}, _GRID | {"top": middle + 1, "bottom": _FOOT}],
        "xAxis": [
            _x_axis(theme) | {"axisLabel": {"show": False}},
            _x_axis(theme, name=_LAYERS) | {"gridIndex": 1, "position": "bottom"},
        ],
        "yAxis": [
            _y_axis(theme, "MACs, %") | scale,
            _y_axis(theme, "parameters, %") | scale | {"gridIndex": 1, "inverse": True},
        ],
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "tooltip": chart["tooltip"] | {"formatter": _COSTS},
        "series": series,
    }


def maps_along_depth(analysis: Analysis, *, theme: Theme) -> Chart:
    """Side of the map in pixels and number of channels after each weighted or pooling layer, on a logarithmic axis."""
    rows = [row for row in analysis.rows if row.kind in WEIGHTED_KINDS | {"pooling"} and not row.in_shortcut]
    named = [("image", analysis.input_shape), *((row.path, row.output_shape) for row in rows)]
    source = [
        [place, name, shape(form), form[1] if len(form) > 1 else 1, form[0]] for place, (name, form) in enumerate(named)
    ]
    colours = KIND_COLOURS[theme]
    largest = max(max(form) for _, form in named)
    ticks = [_BASE**power for power in range(max(math.ceil(math.log(largest, _BASE)), 1) + 1)]
    lines = (("side", colours["pooling"], "solid"), ("channels", colours["convolution"], [2, 3]))
    chart = _chart(theme, ["place", "layer", "shape", "side", "channels"], source)
    return chart | {
        "grid": _GRID | {"top": 40, "bottom": _FOOT},
        "legend": {"left": 0, "top": 0, "itemWidth": 40, "textStyle": _words(theme, 15)},
        "xAxis": _x_axis(theme, name=_LAYERS),
        "yAxis": _y_axis(theme, "pixels, or channels")
        | {"type": "log", "logBase": _BASE, "min": 1, "max": ticks[-1], "axisLabel": {"show": False}},
        "tooltip": chart["tooltip"] | {"formatter": "{@layer}: {@shape}"},
        "series": [
            {
                "type": "line",
                "name": name,
                "step": "end",
                "encode": {"x": "place", "y": name},
                "symbol": "circle",
                "symbolSize": 7,
                "showSymbol": len(source) <= 30,
                "lineStyle": {"width": 3, "type": dash},
                "itemStyle": {"color": colour},
                **({} if place else {"markLine": _labels(ticks, theme)}),
            }
            for place, (name, colour, dash) in enumerate(lines)
        ],
    }


def _labels(ticks: list[int], theme: Theme) -> Chart:
    """Labels at ticks of the vertical axis, whose own have commas between the thousands."""
    return {
        "silent": True,
        "symbol": "none",
        "lineStyle": {"width": 0},
        "label": _words(theme, 14) | {"position": "start"},
        "data": [{"yAxis": tick, "label": {"formatter": exact(tick)}} for tick in ticks],
    }


def _chart(theme: Theme, columns: list[str], source: list[list[Any]]) -> Chart:
    surface = SURFACES[theme]
    return {
        "animation": False,
        "textStyle": {"fontFamily": FONT},
        "dataset": {"dimensions": columns, "source": source},
        "tooltip": {
            "trigger": "axis",
            "axisPointer": {"type": "shadow"},
            "confine": True,
            "backgroundColor": surface["background"],
            "borderColor": surface["line"],
            "textStyle": {"fontFamily": FONT, "fontSize": 15, "color": surface["text"]},
        },
    }


def _x_axis(theme: Theme, *, name: str = "") -> Chart:
    line = {"axisLine": {"lineStyle": {"color": SURFACES[theme]["line"]}}, "axisTick": {"show": False}}
    return _axis(theme, name, 32) | {"type": "category"} | line


def _y_axis(theme: Theme, name: str) -> Chart:
    return _axis(theme, name, 44) | {"splitLine": {"lineStyle": {"color": SURFACES[theme]["line"]}}}


def _axis(theme: Theme, name: str, gap: int) -> Chart:
    return {
        "name": name,
        "nameLocation": "middle",
        "nameGap": gap,
        "nameTextStyle": _words(theme, 15),
        "axisLabel": _words(theme, 14),
    }


def _words(theme: Theme, size: int) -> Chart:
    return {"fontFamily": FONT, "fontSize": size, "color": SURFACES[theme]["muted"]}


def _step(reach: float) -> float:
    """A round distance between ticks that gives two or three of them up to `reach`."""
    return next((step for step in (0.5, 1, 2, 5, 10, 20, 25, 50) if reach / step <= 3.6), 50)
