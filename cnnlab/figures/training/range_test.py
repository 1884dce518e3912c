"""The loss over the learning rate: where it falls, and where it diverges."""

import math
from collections.abc import Sequence

from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import CURVE_COLOURS, SURFACES, Theme
from cnnlab.words.sentence import Sentence, joined


def rate_curve(rates: Sequence[float], losses: Sequence[float], suggested: float | None, *, theme: Theme) -> Figure:
    """The curve of a learning-rate range test; a line marks the suggested rate, if there is one."""
    marks = [] if suggested is None else [suggested]
    dashed = {"color": CURVE_COLOURS[theme][1], "width": 2, "dash": "dash"}
    rule = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "line": dashed}
    font = {"size": 15, "color": SURFACES[theme]["text"]}
    label = {"yref": "paper", "y": 1.0, "yanchor": "bottom", "showarrow": False, "font": font}
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
            shapes=[{**rule, "x0": rate, "x1": rate} for rate in marks],
            annotations=[{**label, "x": math.log10(rate), "text": f"try {rate:g}"} for rate in marks],
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
    suggestion = "No rate stands out." if suggested is None else "Try {suggested:g}."
    return joined([curve, Sentence(suggestion, suggested=suggested)])
