"""What is measured of a run beside its loss: one small chart for each gauge."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import CURVE_COLOURS, Theme

HEIGHT = 250

OUT_OF_BOUNDS = 4
"""How many times the usual time of a step is shown at most."""


def gauge(
    steps: Sequence[float], values: Sequence[float | None], *, unit: str, theme: Theme, revision: str, log: bool = False
) -> Figure:
    """One gauge over the steps; gaps where it was not measured. `unit` names the axis."""
    return {
        "data": [
            {
                "type": "scatter",
                "x": list(steps),
                "y": list(values),
                "mode": "lines",
                "name": unit,
                "showlegend": False,
                "line": {"color": CURVE_COLOURS[theme][0], "width": 2},
                "hovertemplate": "%{y:.4~g}",
            }
        ],
        "layout": layout(
            theme,
            x="step",
            y=unit,
            height=HEIGHT,
            margin={"t": 12},
            xaxis={"rangemode": "tozero", "nticks": 5, "tickformat": ",~g"},
            yaxis={"tickformat": "~g", **({"type": "log", "nticks": 5} if log else {"rangemode": "tozero"})},
            uirevision=revision,
        ),
    }


def step_parts(
    steps: Sequence[float], parts: Mapping[str, Sequence[float | None]], *, theme: Theme, revision: str
) -> Figure:
    """Where the time of a step goes: the parts in milliseconds, one on top of the other."""
    return {
        "data": [
            {
                "type": "scatter",
                "x": list(steps),
                "y": [None if value is None else round(1000 * value, 4) for value in seconds],
                "mode": "lines",
                "stackgroup": "one",
                "name": name,
                "line": {"color": colour, "width": 1},
                "hovertemplate": "%{y:.3~g} ms",
            }
            for (name, seconds), colour in zip(parts.items(), CURVE_COLOURS[theme], strict=False)
        ],
        "layout": layout(
            theme,
            x="step",
            y="ms a step",
            height=HEIGHT,
            margin={"t": 12},
            legend={"traceorder": "normal", "font": {"size": 13}, "y": 1.02},
            xaxis={"rangemode": "tozero", "nticks": 5, "tickformat": ",~g"},
            yaxis=_time_axis(list(parts.values())),
            hovermode="x unified",
            uirevision=revision,
        ),
    }


def _time_axis(parts: Sequence[Sequence[float | None]]) -> dict[str, Any]:
    """An axis that a few steps in which the machine was busy leave at the top, where they would hide all others."""
    totals = [1000 * sum(value or 0.0 for value in one) for one in zip(*parts, strict=True)]
    if not totals or max(totals) <= OUT_OF_BOUNDS * median(totals):
        return {"rangemode": "tozero"}
    return {"range": [0, OUT_OF_BOUNDS * median(totals)]}


def describe_gauge(title: str, values: Sequence[float | None], unit: str) -> str:
    """What a gauge's chart shows, in words."""
    known = [value for value in values if value is not None]
    if not known:
        return f"{title}: not measured."
    return f"{title} over the steps: {known[-1]:.4g} {unit} at last, {min(known):.4g} to {max(known):.4g}."
