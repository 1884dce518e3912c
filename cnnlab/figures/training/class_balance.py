"""How many images each class has, and what for."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import CURVE_COLOURS, Theme

MOST_NAMED = 20
"""With more classes than these, their names have no room."""
ROW = 24
LEAST_HEIGHT = 200

PARTS = ("to learn from", "to test on", "to validate on")
"""What images are for, in the order of their colours, which are those of the curves."""


def balance(classes: Sequence[str], counts: Mapping[str, Sequence[int]], *, theme: Theme) -> Figure:
    """A bar for each class, cut by what its images are for: `counts` has, for each of `PARTS`, a number per class."""
    named = len(classes) <= MOST_NAMED
    labels = [escape(name, quote=False) for name in classes]
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": part,
            "y": labels,
            "x": list(counts[part]),
            "marker": {"color": CURVE_COLOURS[theme][PARTS.index(part)]},
            "hovertemplate": "%{y}: %{x:,} " + part + "<extra></extra>",
        }
        for part in PARTS
        if any(counts[part])
    ]
    return {
        "data": traces,
        "layout": layout(
            theme,
            x="images",
            y="class",
            height=max(LEAST_HEIGHT, 90 + ROW * len(classes) if named else 90 + 4 * len(classes)),
            barmode="stack",
            legend={"traceorder": "normal"},
            bargap=0.25 if named else 0,
            yaxis={"autorange": "reversed", "showticklabels": named, "type": "category"},
            xaxis={"tickformat": ",d", "nticks": 6},
        ),
    }


def describe_balance(classes: Sequence[str], counts: Mapping[str, Sequence[int]]) -> str:
    """What the chart shows, in words."""
    totals = [sum(column) for column in zip(*counts.values(), strict=True)]
    low, high = min(totals), max(totals)
    if low == high:
        return f"Each of the {len(classes)} classes has {low:,} images."
    few, many = classes[totals.index(low)], classes[totals.index(high)]
    return f"The {len(classes)} classes have from {low:,} images ({few}) to {high:,} ({many})."
