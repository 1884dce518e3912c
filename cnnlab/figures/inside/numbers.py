"""The numbers of a layer without maps, as bars."""

from collections.abc import Sequence
from html import escape

import numpy as np

from cnnlab.figures.inside.map_colours import Values, range_of
from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import KIND_COLOURS, Theme
from cnnlab.words.sentence import Sentence

MAX_NAMED = 20
"""With more classes, there is no room for their names."""


def number_bars(values: Values, names: Sequence[str] | None, *, theme: Theme) -> Figure:
    """A bar for each number (features,); `names` are those of the classes where the numbers are their scores."""
    colours = KIND_COLOURS[theme]
    finite = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    is_named = names is not None and len(names) <= MAX_NAMED
    labels = [escape(name, quote=False) for name in names] if names is not None and is_named else None
    return {
        "data": [
            {
                "type": "bar",
                "x": labels or list(range(len(values))),
                "y": [float(f"{value:.5g}") for value in finite.tolist()],
                "marker": {"color": [colours["convolution" if v >= 0 else "shortcut"] for v in finite.tolist()]},
                "hovertemplate": "%{x}: %{y}<extra></extra>",
            }
        ],
        "layout": layout(
            theme,
            x="number of the output" if names is None else "class",
            y="value" if names is None else "score",
            bargap=0.15,
            xaxis={"type": "category"} if labels else {},
        ),
    }


def describe_numbers(values: Values, names: Sequence[str] | None) -> Sentence:
    """What the chart shows, in words."""
    scale, largest = range_of(values), int(np.nan_to_num(values).argmax())
    return Sentence(
        "{count} numbers from {low:.3g} to {high:.3g}; the largest is that of {largest}."
        if names is not None
        else "{count} numbers from {low:.3g} to {high:.3g}; the largest is number {largest}.",
        count=len(values),
        low=scale.low,
        high=scale.high,
        largest=largest if names is None else names[largest],
    )
