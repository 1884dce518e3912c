"""The norms of the gradients of all parameter tensors, from the image to the answer."""

from collections.abc import Mapping
from html import escape

from cnnlab.figures.layout import Figure, layout, log_axis
from cnnlab.figures.palette import CURVE_COLOURS, Theme
from cnnlab.words.sentence import Sentence

MOST_NAMED = 24
"""With more tensors there is no room for their names."""

ROW = 26
"""Of a tensor with its name, in pixels."""


def norm_dots(norms: Mapping[str, float], *, theme: Theme) -> Figure:
    """A dot for each tensor in the network's order, from top to bottom; a norm of 0 has no place on the log scale."""
    is_named = len(norms) <= MOST_NAMED
    names = [escape(name, quote=False) for name in norms]
    places = list(range(1, len(norms) + 1))
    trace = {
        "type": "scatter",
        "mode": "markers" if is_named else "lines+markers",
        "x": [norm or None for norm in norms.values()],
        "y": places,
        "text": names,
        "marker": {"color": CURVE_COLOURS[theme][0], "size": 11 if is_named else 6},
        "line": {"color": CURVE_COLOURS[theme][0], "width": 1},
        "hovertemplate": "%{text}: %{x:.3~g}<extra></extra>",
    }
    ticks = {"tickvals": places, "ticktext": names} if is_named else {"nticks": 8}
    return {
        "data": [trace],
        "layout": layout(
            theme,
            x="norm of the gradient (log)",
            y="" if is_named else "parameter tensor",
            height=max(220, 80 + ROW * len(norms)) if is_named else 520,
            margin={"t": 12},
            showlegend=False,
            xaxis=log_axis([norm for norm in norms.values() if norm > 0]),
            yaxis={"range": [len(norms) + 0.6, 0.4], **ticks},
        ),
    }


def describe_norms(norms: Mapping[str, float]) -> Sentence:
    """What the chart shows, in words."""
    low, high = min(norms, key=norms.__getitem__), max(norms, key=norms.__getitem__)
    return Sentence(
        "The norms of the gradients of {count} parameter tensors: from {low:.3g} ({lowest}) to {high:.3g} ({highest}).",
        count=len(norms),
        low=norms[low],
        lowest=low,
        high=norms[high],
        highest=high,
    )
