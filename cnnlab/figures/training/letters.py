"""Letters for the series of a chart, written at the ends of their lines without touching each other."""

from typing import Any

from cnnlab.figures.palette import ENTRY_COLOURS, ENTRY_LETTERS, Theme

LETTER_SHARE = 0.07
"""The share of the chart's height that one letter takes."""


def end_letters(ends: dict[int, float], bottom: float, top: float, theme: Theme) -> list[dict[str, Any]]:
    """Annotations beside the chart: a letter for each number of a series, at the height at which its line ends.

    Heights are in the coordinates of an axis from `bottom` to `top`: powers of ten on a log axis.
    """
    heights = spread(ends, LETTER_SHARE * max(top - bottom, 1e-9), bottom, top)
    return [
        {
            "text": f"<b>{ENTRY_LETTERS[i]}</b>",
            "xref": "paper",
            "x": 1.0,
            "xanchor": "left",
            "xshift": 6,
            "y": height,
            "showarrow": False,
            "font": {"size": 17, "color": ENTRY_COLOURS[theme][i]},
        }
        for i, height in heights.items()
    ]


def spread(ends: dict[int, float], distance: float, bottom: float, top: float) -> dict[int, float]:
    """The heights moved so that any two differ by `distance`, in their order, between `bottom` and `top` if they fit.

    >>> spread({0: 5.0, 1: 5.0, 2: 0.0}, 2.0, 0.0, 6.0)
    {2: 0.0, 0: 4.0, 1: 6.0}
    """
    order = sorted(ends, key=lambda i: ends[i])
    heights = [min(max(ends[i], bottom), top) for i in order]
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + distance)
    ceiling = top
    for i in reversed(range(len(heights))):
        heights[i] = min(heights[i], ceiling)
        ceiling = heights[i] - distance
    return dict(zip(order, heights, strict=True))
