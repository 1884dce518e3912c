"""How every chart looks: one layout in light and dark, with a title, axes with units, and room for large type."""

import math
from collections.abc import Sequence
from typing import Any

from cnnlab.figures.palette import SURFACES, Theme
from cnnlab.words.numbers import PLOTLY_SEPARATORS

FONT = "Inter, 'Source Sans 3', system-ui, sans-serif"

Figure = dict[str, Any]
"""A plotly figure as plain data, {"data": [traces], "layout": {...}}, which `plotly.graph_objects.Figure` takes."""


HEIGHT = 320
"""Of a chart in pixels, unless it needs more or less."""

OUT_OF_BOUNDS = 3
"""The most that an axis shows, as a multiple of the usual value."""


def layout(theme: Theme, *, x: str, y: str, height: int = HEIGHT, **more: Any) -> dict[str, Any]:
    """The layout that all charts share; `x` and `y` are the axes' titles with their units."""
    surface = SURFACES[theme]
    axis = {
        "gridcolor": surface["line"],
        "linecolor": surface["line"],
        "zerolinecolor": surface["line"],
        "tickfont": {"size": 14, "color": surface["muted"]},
        "automargin": True,
    }
    shared: dict[str, Any] = {
        "height": height,
        "margin": {"l": 56, "r": 16, "t": 36, "b": 52},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 15, "color": surface["text"]},
        "hoverlabel": {"font": {"family": FONT, "size": 15}},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": 15}},
        "xaxis": {**axis, "title": {"text": x, "font": {"size": 15}, "standoff": 8}},
        "yaxis": {**axis, "title": {"text": y, "font": {"size": 15}, "standoff": 8}},
        "separators": PLOTLY_SEPARATORS,
        "uirevision": "keep",  # the zoom lasts until this changes
    }
    for name, value in more.items():
        shared[name] = {**shared[name], **value} if isinstance(shared.get(name), dict) else value
    return shared


def bounded_axis(highest: float, *, usual: float) -> dict[str, Any]:
    """An axis from zero; values far above the `usual` one leave it at the top, where they would hide all others.

    >>> bounded_axis(50.0, usual=2.0), bounded_axis(5.0, usual=2.0)
    ({'range': [0, 6.0]}, {'rangemode': 'tozero'})
    """
    return {"range": [0, OUT_OF_BOUNDS * usual]} if highest > OUT_OF_BOUNDS * usual else {"rangemode": "tozero"}


def log_axis(values: Sequence[float]) -> dict[str, Any]:
    """A logarithmic axis for these positive values, with labels that do not overlap in a small chart.

    Plotly by itself may label each of 2, 3, …, 9 between powers of ten. Labels are at 1, 2 and 5, at the powers alone
    where there are many of them, or, where there is none, where Plotly puts them.

    >>> log_axis([0.2, 15.0])["dtick"], log_axis([1e-6, 1.0])["dtick"], "dtick" in log_axis([2.1, 2.9])
    ('D2', 2, False)
    """
    powers = math.log10(max(values) / min(values)) if values else 0.0
    if powers < 0.7:
        return {"type": "log", "nticks": 5}
    return {"type": "log", "dtick": "D2" if powers < 2.5 else math.ceil(powers / 5), "tickformat": "~g"}
