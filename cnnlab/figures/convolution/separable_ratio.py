"""The cost of a depthwise-separable convolution relative to a standard one: 1/N + 1/d² over N, for each d."""

from typing import Any

from cnnlab.analysis.convolution.one_layer import OneLayer, separable_ratio
from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import CURVE_COLOURS, KIND_COLOURS, Theme

KERNEL_SIZES = (3, 5, 7)
"""The kernel sizes that are always drawn."""

DASHES = ("solid", "dash", "dot", "dashdot")

CHANNELS = tuple(round(2 ** (step / 4)) for step in range(41))
"""Output channels along the axis, from 1 to 1024."""

TICKS = {1: "1", 1 / 2: "1/2", 1 / 4: "1/4", 1 / 9: "1/9", 1 / 25: "1/25", 1 / 49: "1/49"}


def ratio_curves(layer: OneLayer, *, theme: Theme) -> Figure:
    """A curve for each kernel size, and a point for the layer."""
    windows = sorted({*KERNEL_SIZES, layer.kernel_size})
    traces: list[dict[str, Any]] = []
    for i, window in enumerate(windows):
        own = window == layer.kernel_size
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": f"{window}×{window}",
                "x": CHANNELS,
                "y": [float(separable_ratio(channels, window)) for channels in CHANNELS],
                "line": {"color": CURVE_COLOURS[theme][i], "width": 4 if own else 2, "dash": DASHES[i]},
                "hovertemplate": f"{window}×{window}, N = %{{x}}: %{{y:.3f}}<extra></extra>",
            }
        )
    here = float(separable_ratio(layer.out_channels, layer.kernel_size))
    traces.append(
        {
            "type": "scatter",
            "mode": "markers+text",
            "cliponaxis": False,
            "name": "this layer",
            "x": [layer.out_channels],
            "y": [here],
            "text": [f"{here:.3f}"],
            "textposition": "top center" if layer.out_channels < 600 else "top left",
            "textfont": {"size": 17},
            "marker": {"size": 15, "symbol": "diamond", "color": KIND_COLOURS[theme]["dense"]},
            "hovertemplate": "this layer, N = %{x}: %{y:.3f}<extra></extra>",
        }
    )
    return {
        "data": traces,
        "layout": layout(
            theme,
            x="output channels N",
            y="cost relative to standard",
            height=360,
            legend={"y": 1.02},
            xaxis={"type": "log", "tickvals": [4**i for i in range(6)], "range": [0, 3.02]},
            yaxis={"type": "log", "tickvals": list(TICKS), "ticktext": list(TICKS.values()), "range": [-1.75, 0.4]},
        ),
    }


def describe_ratio(layer: OneLayer) -> str:
    """The chart in words."""
    here = separable_ratio(layer.out_channels, layer.kernel_size)
    return (
        "The cost of a depthwise-separable convolution relative to a standard one, over the output channels N:"
        f" it falls towards 1/d². Here, with N = {layer.out_channels} and d = {layer.kernel_size}, it is"
        f" {float(here):.3f}."
    )
