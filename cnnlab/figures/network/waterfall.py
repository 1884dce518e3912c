"""How a counter's figure is composed: from our multiply-accumulates, one contribution after the other."""

import math
from collections.abc import Callable
from itertools import accumulate

from cnnlab.analysis.counters import Count
from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import KIND_COLOURS, SURFACES, Theme
from cnnlab.words.numbers import count, exact

SMALL = 0.5
"""Contributions whose sum is less than this share of ours would be too thin to see on an axis from 0."""


def waterfall(found: Count, *, theme: Theme) -> Figure:
    """One column for each contribution, from the sum of those before it, and one for the total."""
    colours, surface = KIND_COLOURS[theme], SURFACES[theme]
    ours, *further = (contribution.amount for contribution in found.contributions)
    tops = list(accumulate((ours, *further)))
    beyond = max(abs(top - ours) for top in tops)
    begins = 0.0 if beyond > SMALL * ours or not beyond else min(tops) - 0.6 * beyond
    reach = max(tops) + 0.35 * ((max(tops) - begins) or 1)
    bars = {
        "type": "bar",
        "x": [*(contribution.name for contribution in found.contributions), "total"],
        "base": [begins, *tops[:-1], begins],
        "y": [ours - begins, *further, tops[-1] - begins],
        "text": [exact(ours), *(_signed(amount, exact, " ") for amount in further), exact(tops[-1])],
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"size": 15, "color": surface["text"]},
        "marker": {
            "color": [
                colours["convolution"],
                *(colours["pooling" if amount > 0 else "norm"] for amount in further),
                colours["dense"],
            ]
        },
        "hoverinfo": "skip",
    }
    unit = found.counter.unit
    chart = layout(
        theme,
        x=f"what {found.counter.name} counts",
        y=f"{unit} beyond ours, not from 0" if begins else unit,
        height=340,
        showlegend=False,
        bargap=0.35,
        uirevision=found.counter.name,
        xaxis={"type": "category", "showgrid": False},
        margin={"t": 12},
        yaxis={"range": [begins, reach], **(_ticks_beyond(ours, begins, reach) if begins else {"tickformat": "~s"})},
    )
    return {"data": [bars], "layout": chart}


def _ticks_beyond(ours: int, begins: float, reach: float) -> dict[str, list[int] | list[str]]:
    """Ticks that show the distance from our count, as their leading digits would all be the same."""
    step = round_step(reach - begins, 8)
    beyond = [i * step for i in range(math.ceil((begins - ours) / step), math.floor((reach - ours) / step) + 1)]
    written = [_signed(amount, count) if amount else "0" for amount in beyond]
    return {"tickvals": [ours + amount for amount in beyond], "ticktext": written}


def _signed(amount: int, written: Callable[[int], str], space: str = "") -> str:
    return f"{'+' if amount > 0 else '−'}{space}{written(abs(amount))}"


def round_step(span: float, most: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, ... that goes into `span` at most `most` times.

    >>> round_step(16_000, 8)
    2000
    """
    return next(step for power in range(20) for digit in (1, 2, 5) if span / (step := digit * 10**power) <= most)


def describe_waterfall(found: Count) -> str:
    """A description of the figure."""
    parts = ", ".join(f"{contribution.name} {count(contribution.amount)}" for contribution in found.contributions)
    return f"{found.counter.name} prints {count(found.total)} {found.counter.unit}: {parts}."
