"""The loss over the learning rate: where it falls, and where it diverges."""

import math
from collections.abc import Sequence

from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import CURVE_COLOURS, SURFACES, Theme
from cnnlab.words.sentence import Sentence, joined


def rate_curve(rates: Sequence[float], losses: Sequence[float], suggested: float | None, *, theme: Theme) -> Figure:
    """The curve of a learning-rate range test; a line marks the suggested rate, if there is one."""
    colour = CURVE_COLOURS[theme][1]
    marks = [] if suggested is None else [suggested]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "name": "loss",
                "x": list(rates),
                "y": [round(loss, 5) for loss in losses],
                "line": {"color": CURVE_COLOURS[theme][0], "width": 3},
                "hovertemplate": "learning rate %{x:.2g}: loss %{y:.3f}<extra></extra>",
            }
        ],
        "layout": layout(
            theme,
            x="learning rate (logarithmic)",
            y="cross-entropy loss",
            showlegend=False,
            xaxis={"type": "log", "exponentformat": "power", "dtick": 1},
            shapes=[
                {
                    "type": "line",
                    "yref": "paper",
                    "x0": rate,
                    "x1": rate,
                    "y0": 0,
                    "y1": 1,
                    "line": {"color": colour, "width": 2, "dash": "dash"},
                }
                for rate in marks
            ],
            annotations=[
                {
                    "x": math.log10(rate),
                    "yref": "paper",
                    "y": 1.0,
                    "yanchor": "bottom",
                    "text": f"try {rate:g}",
                    "showarrow": False,
                    "font": {"size": 15, "color": SURFACES[theme]["text"]},
                }
                for rate in marks
            ],
        ),
    }


def describe_rates(rates: Sequence[float], losses: Sequence[float], suggested: float | None) -> Sentence:
    """What the chart shows, in words."""
    if not rates:
        return Sentence("No loss could be measured.")
    curve = Sentence(
        "The loss begins at {first:.2f}, is lowest ({lowest:.2f}) at a learning rate of {rate:.2g}, and ends at"
        " {last:.2f}.",
        first=losses[0],
        lowest=min(losses),
        rate=rates[losses.index(min(losses))],
        last=losses[-1],
    )
    suggestion = (
        Sentence("No rate stands out.") if suggested is None else Sentence("Try {suggested:g}.", suggested=suggested)
    )
    return joined([curve, suggestion])
