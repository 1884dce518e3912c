"""The number of images of each class in the training, test and validation sets."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import CURVE_COLOURS, Theme
from cnnlab.words.sentence import Sentence

MAX_NAMED = 20
"""With more classes, there is no room for their names."""

SPLITS = ("training", "test", "validation")
"""In the order of their colours, which are those of the learning curves."""


def balance(classes: Sequence[str], counts: Mapping[str, Sequence[int]], *, theme: Theme) -> Figure:
    """A bar for each class, divided by split: `counts` has a number per class for each of `SPLITS`."""
    is_named = len(classes) <= MAX_NAMED
    labels = [escape(name, quote=False) for name in classes]
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": split,
            "y": labels,
            "x": list(counts[split]),
            "marker": {"color": colour},
            "hovertemplate": "%{y}: %{x:,} for " + split + "<extra></extra>",
        }
        for split, colour in zip(SPLITS, CURVE_COLOURS[theme], strict=False)
        if any(counts[split])
    ]
    return {
        "data": traces,
        "layout": layout(
            theme,
            x="images",
            y="class",
            height=max(200, 90 + (24 if is_named else 4) * len(classes)),
            barmode="stack",
            legend={"traceorder": "normal"},
            bargap=0.25 if is_named else 0,
            yaxis={"autorange": "reversed", "showticklabels": is_named, "type": "category"},
            xaxis={"tickformat": ",d", "nticks": 6},
        ),
    }


def describe_balance(classes: Sequence[str], counts: Mapping[str, Sequence[int]]) -> Sentence:
    """What the chart shows, in words."""
    totals = [sum(column) for column in zip(*counts.values(), strict=True)]
    low, high = min(totals), max(totals)
    if low == high:
        return Sentence("Each of the {num_classes} classes has {low:,} images.", num_classes=len(classes), low=low)
    return Sentence(
        "The {num_classes} classes have from {low:,} images ({smallest}) to {high:,} ({largest}).",
        num_classes=len(classes),
        low=low,
        smallest=classes[totals.index(low)],
        high=high,
        largest=classes[totals.index(high)],
    )
