"""The norms of the gradients of all parameter tensors, from the image to the answer."""

from collections.abc import Collection, Mapping
from html import escape

from cnnlab.figures.layout import Figure, layout, log_axis
from cnnlab.figures.palette import CURVE_COLOURS, Theme
from cnnlab.words.sentence import Sentence

MOST_NAMED = 24
"""With more tensors there is no room for their names."""

_SERIES = (("weights", "circle", True), ("biases and normalisation", "diamond", False))

ROW = 26
"""Of a tensor with its name, in pixels."""


def norm_dots(norms: Mapping[str, float], *, weights: Collection[str], theme: Theme) -> Figure:
    """A dot for each tensor in the network's order, from top to bottom; a norm of 0 has no place on the log scale.

    Those named in `weights` are the kernels of convolutions and dense layers: the others have far fewer values.
    """
    is_named = len(norms) <= MOST_NAMED
    places = list(range(1, len(norms) + 1))
    traces = []
    for (title, symbol, are_weights), colour in zip(_SERIES, CURVE_COLOURS[theme], strict=False):
        chosen = [(place, name) for place, name in zip(places, norms, strict=True) if (name in weights) is are_weights]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers" if is_named else "lines+markers",
                "name": title,
                "x": [norms[name] or None for _, name in chosen],
                "y": [place for place, _ in chosen],
                "text": [escape(name, quote=False) for _, name in chosen],
                "marker": {"color": colour, "size": 11 if is_named else 7, "symbol": symbol},
                "line": {"color": colour, "width": 1},
                "hovertemplate": "%{text}: %{x:.3~g}<extra></extra>",
            }
        )
    names = [escape(name, quote=False) for name in norms]
    ticks = {"tickvals": places, "ticktext": names} if is_named else {"nticks": 8}
    return {
        "data": traces,
        "layout": layout(
            theme,
            x="norm of the gradient (log)",
            y="" if is_named else "parameter tensor",
            height=max(220, 110 + ROW * len(norms)) if is_named else 520,
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
