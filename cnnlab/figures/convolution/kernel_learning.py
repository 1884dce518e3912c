"""The learning of a kernel: the loss over the steps, and values as coloured squares with their numbers."""

import math
from collections.abc import Sequence
from typing import Any

from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import CURVE_COLOURS, KIND_COLOURS, SURFACES, Theme, ink_on, mix

MOST_NUMBERED, MOST_IN_KERNEL = 80, 9
"""The largest numbers of squares with numbers in them, and with large numbers."""

FLOOR = 1e-12
"""A loss below this is drawn as this: a logarithm has no zero."""


def loss_curve(losses: Sequence[float], *, total_steps: int, theme: Theme) -> Figure:
    """The loss at each step so far, on a logarithmic axis."""
    shown = [max(loss, FLOOR) for loss in losses]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers" if total_steps <= 60 else "lines",
                "name": "loss",
                "x": list(range(len(shown))),
                "y": shown,
                "line": {"color": CURVE_COLOURS[theme][0], "width": 3},
                "marker": {"size": 7},
                "hovertemplate": "step %{x}: %{y:.3g}<extra></extra>",
            }
        ],
        "layout": layout(
            theme,
            x="step",
            y="sum of squared errors",
            height=300,
            showlegend=False,
            xaxis={"range": [-0.02 * total_steps, 1.02 * total_steps], "tickformat": ",d", "nticks": 6},
            yaxis={"type": "log", "tickformat": "~g", **_decades(shown)},
        ),
    }


def _decades(losses: Sequence[float]) -> dict[str, object]:
    """The range of a logarithmic axis in whole powers of ten, three at least, and the distance of its ticks."""
    top = math.ceil(math.log10(max(losses)))
    bottom = min(math.floor(math.log10(min(losses))), top - 3)
    return {"range": [bottom, top], "dtick": -(-(top - bottom) // 6)}


def describe_losses(losses: Sequence[float]) -> str:
    """The curve in words."""
    if not losses:
        return "The loss over the steps: none yet."
    return f"The loss over the steps: from {losses[0]:.3g} to {losses[-1]:.3g} in {len(losses) - 1} steps."


def squares(
    values: Sequence[Sequence[float]], *, theme: Theme, is_signed: bool, reach: float, height: int = 230
) -> Figure:
    """Values as colours: by their sign and size up to `reach`, or from black to white; few have their numbers too."""
    low, middle, high = "#000000", "#808080", "#FFFFFF"
    if is_signed:
        kinds = KIND_COLOURS[theme]
        low, middle, high = kinds["shortcut"], SURFACES[theme]["background"], kinds["convolution"]
    is_numbered = len(values) * len(values[0]) <= MOST_NUMBERED
    axis = {
        "showticklabels": False,
        "ticks": "",
        "automargin": False,
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "mirror": True,
        "title": {"text": ""},
        "fixedrange": True,
        "constrain": "domain",
    }
    traces: list[dict[str, Any]] = [
        {
            "type": "heatmap",
            "z": [list(row) for row in values],
            "zmin": -reach if is_signed else 0,
            "zmax": reach,
            "colorscale": [[0, low], [0.5, middle], [1, high]],
            "showscale": False,
            "xgap": 2 if is_numbered else 0,
            "ygap": 2 if is_numbered else 0,
            "hovertemplate": "row %{y}, column %{x}: %{z:.3g}<extra></extra>",
        }
    ]
    if is_numbered:
        shares = [value / reach if is_signed else 2 * value / reach - 1 for row in values for value in row]
        inks = [ink_on(mix(middle, high if share > 0 else low, min(1, abs(share)))) for share in shares]
        traces.append(_numbers(values, inks))
    return {
        "data": traces,
        "layout": layout(
            theme,
            x="",
            y="",
            height=height,
            showlegend=False,
            margin={"l": 4, "r": 4, "t": 4, "b": 4},
            xaxis=axis,
            yaxis={**axis, "autorange": "reversed", "scaleanchor": "x"},
        ),
    }


def _numbers(values: Sequence[Sequence[float]], inks: list[str]) -> dict[str, Any]:
    """The values as text, each in its ink; those of a kernel are large."""
    places = [(x, y, value) for y, row in enumerate(values) for x, value in enumerate(row)]
    is_large = len(places) <= MOST_IN_KERNEL
    return {
        "type": "scatter",
        "mode": "text",
        "name": "values",
        "x": [x for x, *_ in places],
        "y": [y for _, y, _ in places],
        "text": [_written(value, 2 if is_large else 1) for *_, value in places],
        "textfont": {"size": 16 if is_large else 12, "color": inks},
        "hoverinfo": "skip",
    }


def _written(value: float, decimals: int) -> str:
    """The number with a true minus sign, and none in front of zero; no decimals where only zeros would stand."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}".removesuffix("." + "0" * decimals).replace("-", "−")


def describe_squares(name: str, values: Sequence[Sequence[float]]) -> str:
    """The squares in words: a small kernel number by number, a map by its size and its bounds."""
    numbers = [value for row in values for value in row]
    if len(numbers) <= MOST_IN_KERNEL:
        return f"{name}: {'; '.join(', '.join(f'{value:.2f}' for value in row) for row in values)}."
    return f"{name}: {len(values)} by {len(values[0])} values from {min(numbers):.3g} to {max(numbers):.3g}."
