"""Runs laid over each other, along the axis that makes them comparable: steps, epochs, seconds or MACs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cnnlab.figures.curves import SYMBOLS, Measure, label, places
from cnnlab.figures.palette import CURVE_COLOURS, Theme
from cnnlab.figures.style import Figure, layout

AXIS_TITLES = {
    "steps": "step",
    "epochs": "epoch",
    "seconds": "seconds of computing",
    "macs": "multiply-accumulates spent (MACs)",
}
Along = Literal["steps", "epochs", "seconds", "macs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One run: its training values at `x`, its test values at `test_x`."""

    name: str
    x: Sequence[float]
    train: Sequence[float]
    test_x: Sequence[float]
    test: Sequence[float]


def smooth(values: Sequence[float], keep: float) -> list[float]:
    """The running mean in which each point keeps the share `keep` of the mean so far.

    >>> smooth([1.0, 3.0], 0.0)
    [1.0, 3.0]
    """
    total, weight, means = 0.0, 0.0, []
    for value in values:
        total, weight = keep * total + value, keep * weight + 1
        means.append(total / weight)
    return means


def overlay(
    tracks: Sequence[Track],
    *,
    measure: Measure,
    along: Along,
    smoothing: float,
    log: bool,
    theme: Theme,
    revision: str,
) -> Figure:
    """Thin and dotted what each run saw in training, thick what the test set says. A loss may have a log axis."""
    scale, digits, unit = (100.0, ".1f", " %") if measure == "accuracy" else (1.0, ".3f", "")
    traces: list[dict[str, Any]] = []
    for i, track in enumerate(tracks):
        colour = CURVE_COLOURS[theme][i % len(CURVE_COLOURS[theme])]
        epochs = places(len(track.test))
        shared = {
            "type": "scatter",
            "legendgroup": str(i),
            "name": label(track.name),
            "hovertemplate": f"%{{y:{digits}}}{unit}",
        }
        traces += [
            {
                **shared,
                "x": list(track.x),
                "y": [round(scale * value, 5) for value in smooth(track.train, smoothing)],
                "mode": "lines",
                "showlegend": False,
                "line": {"color": colour, "width": 2, "dash": "dot"},
            },
            {
                **shared,
                "x": [track.test_x[place] for place in epochs],
                "y": [round(scale * track.test[place], 5) for place in epochs],
                "mode": "lines+markers",
                "line": {"color": colour, "width": 3},
                "marker": {"size": 9, "symbol": SYMBOLS[i % len(SYMBOLS)]},
            },
        ]
    if measure == "accuracy":
        vertical: dict[str, Any] = {"range": [0, 102]}
    else:
        vertical = {"type": "log"} if log else {"rangemode": "tozero"}
    return {
        "data": traces,
        "layout": layout(
            theme,
            x=AXIS_TITLES[along],
            y="right answers, %" if measure == "accuracy" else "cross-entropy loss",
            height=360,
            margin={"t": 30},
            legend={"y": 1.02, "yanchor": "bottom"},
            xaxis={"rangemode": "tozero", "nticks": 6, "tickformat": ".3~s" if along == "macs" else ",~g"},
            yaxis=vertical,
            hovermode="x unified",
            uirevision=f"{revision} {along} {log}",
        ),
    }


def describe_overlay(tracks: Sequence[Track], *, measure: Measure, along: Along) -> str:
    """What the chart shows, in words."""
    scale, unit = (100, " %") if measure == "accuracy" else (1, "")
    ends = [
        f"{track.name}: test {scale * track.test[-1]:.3g}{unit}" if track.test else f"{track.name}: not tested yet"
        for track in tracks
    ]
    return f"{measure.capitalize()} over {AXIS_TITLES[along]}. {'; '.join(ends)}."
