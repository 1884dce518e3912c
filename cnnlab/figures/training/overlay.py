"""Runs laid over each other, along the axis that makes them comparable: steps, epochs, seconds or MACs."""

import math
import string
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import CURVE_COLOURS, ENTRY_COLOURS, Theme
from cnnlab.figures.training.curves import SYMBOLS, Measure, label, places

AXIS_TITLES = {
    "steps": "step",
    "epochs": "epoch",
    "seconds": "seconds of computing",
    "macs": "multiply-accumulates spent (MACs)",
}
Along = Literal["steps", "epochs", "seconds", "macs"]

MOST_TRACKS = len(ENTRY_COLOURS["light"])
"""More in one chart could not be told apart, not even with a letter at the end of each."""

MARKS = (*SYMBOLS, "triangle-down", "cross", "x", "star")
"""The marks of the runs, for eyes that take their colours for one."""

FEW = 2
"""Of more runs than these, what they saw in training is only hinted at."""

MOST_NAMED = 4
"""Of more runs the legend has the letters only: their names would leave no room for the curves."""

LETTER_SHARE = 0.07
"""How much of the chart's height a letter at the end of a line takes."""

PERCENT_AXIS = (0.0, 102.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One run: its training values at `x`, its test values at `test_x`, where those of validation are too, if any.

    Several runs that differ in their seeds are one track: `test` is their mean, between `low` and `high`.
    """

    name: str
    x: Sequence[float]
    train: Sequence[float]
    test_x: Sequence[float]
    test: Sequence[float]
    validation: Sequence[float] = ()
    low: Sequence[float] = ()
    high: Sequence[float] = ()


def letter(place: int) -> str:
    """What the track at that place is called in the chart, A for the first."""
    return string.ascii_uppercase[place]


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
    """One run with what it saw in training, validation and test; or several, each with a colour, a mark and a letter.

    Of several, what the test set says is thick, and training thin and dotted. A loss may have a log axis. Of many the
    names must stand beside the chart.
    """
    assert len(tracks) <= MOST_TRACKS
    tracks = [_thinned(track) for track in tracks]
    is_log = log and measure == "loss"
    if len(tracks) == 1 and not tracks[0].low:
        traces, letters = _alone(tracks[0], measure, smoothing, theme), []
    else:
        traces = [trace for i in range(len(tracks)) for trace in _together(tracks, i, measure, smoothing, theme)]
        letters = _letters(tracks, measure, is_log=is_log, theme=theme)
    if measure == "accuracy":
        vertical: dict[str, Any] = {"range": list(PERCENT_AXIS)}
    else:
        vertical = {"type": "log", "nticks": 6, "tickformat": "~g"} if is_log else {"rangemode": "tozero"}
    return {
        "data": traces,
        "layout": layout(
            theme,
            x=AXIS_TITLES[along],
            y="right answers, %" if measure == "accuracy" else "cross-entropy loss",
            height=380,
            margin={"t": 30, "r": 34 if letters else 16},
            legend={"y": 1.02, "yanchor": "bottom"},
            xaxis={"rangemode": "tozero", "nticks": 6, "tickformat": ".3~s" if along == "macs" else ",~g"},
            yaxis=vertical,
            hovermode="x unified",
            annotations=letters,
            uirevision=f"{revision} {along} {log}",
        ),
    }


def describe_overlay(tracks: Sequence[Track], *, measure: Measure, along: Along) -> str:
    """What the chart shows, in words."""
    ends = [f"{track.name}: {_end_in_words(track, measure)}" for track in tracks]
    return f"{measure.capitalize()} over {AXIS_TITLES[along]}. {'; '.join(ends)}."


def _thinned(track: Track) -> Track:
    """The track with some of its epochs, where there are so many that nobody could tell them apart."""
    kept = places(len(track.test))

    def some(values: Sequence[float]) -> list[float]:
        return [values[i] for i in kept] if values else []

    return replace(
        track,
        test_x=some(track.test_x),
        test=some(track.test),
        validation=some(track.validation),
        low=some(track.low),
        high=some(track.high),
    )


def _end_in_words(track: Track, measure: Measure) -> str:
    if not track.test:
        return "not tested yet"
    scale, unit = (100, " %") if measure == "accuracy" else (1, "")
    end = f"test {scale * track.test[-1]:.3g}{unit}"
    if track.low:
        return f"{end} on average over its seeds, {scale * track.low[-1]:.3g} to {scale * track.high[-1]:.3g}{unit}"
    return f"{end}, validation {scale * track.validation[-1]:.3g}{unit}" if track.validation else end


def _alone(track: Track, measure: Measure, smoothing: float, theme: Theme) -> list[dict[str, Any]]:
    train, test, validation = CURVE_COLOURS[theme][:3]
    traces = [
        {
            **_trace("train", track.x, smooth(track.train, smoothing), measure),
            "mode": "lines",
            "line": {"color": train, "width": 2},
        },
        {
            **_trace("test", track.test_x, track.test, measure),
            "mode": "lines+markers",
            "line": {"color": test, "width": 3},
            "marker": {"size": 10, "symbol": MARKS[0]},
        },
    ]
    if track.validation:
        traces.append(
            {
                **_trace("validation", track.test_x, track.validation, measure),
                "mode": "lines+markers",
                "line": {"color": validation, "width": 2},
                "marker": {"size": 8, "symbol": MARKS[1]},
            }
        )
    return traces


def _together(
    tracks: Sequence[Track], place: int, measure: Measure, smoothing: float, theme: Theme
) -> list[dict[str, Any]]:
    track, colour = tracks[place], ENTRY_COLOURS[theme][place]
    name = f"{letter(place)}  {label(track.name)}" if len(tracks) <= MOST_NAMED else letter(place)
    run = {"legendgroup": str(place), "name": name}
    traces = []
    if track.low:
        traces += _band(track, run, colour, measure)
    if track.train:
        traces.append(
            {
                **_trace("", track.x, smooth(track.train, smoothing), measure),
                **run,
                "mode": "lines",
                "showlegend": False,
                "opacity": 0.9 if len(tracks) <= FEW else 0.45,
                "line": {"color": colour, "width": 2 if len(tracks) <= FEW else 1.5, "dash": "dot"},
                **({} if len(tracks) <= FEW else {"hoverinfo": "skip", "hovertemplate": None}),
            }
        )
    traces.append(
        {
            **_trace("", track.test_x, track.test, measure),
            **run,
            "mode": "lines+markers",
            "line": {"color": colour, "width": 3},
            "marker": {"size": 10, "symbol": MARKS[place]},
        }
    )
    return traces


def _band(track: Track, run: dict[str, Any], colour: str, measure: Measure) -> list[dict[str, Any]]:
    """Between the least and the greatest of several seeds."""
    edge = {"mode": "lines", "showlegend": False, "line": {"width": 0}, "hoverinfo": "skip", "hovertemplate": None}
    red, green, blue = bytes.fromhex(colour[1:])
    fill = {"fill": "tonexty", "fillcolor": f"rgba({red},{green},{blue},0.2)"}
    return [
        {**_trace("", track.test_x, track.low, measure), **run, **edge},
        {**_trace("", track.test_x, track.high, measure), **run, **edge, **fill},
    ]


def _letters(tracks: Sequence[Track], measure: Measure, *, is_log: bool, theme: Theme) -> list[dict[str, Any]]:
    """The letter of each track beside the end of its line, moved apart where ends are close together."""
    scale = 100.0 if measure == "accuracy" else 1.0
    shown = [scale * value for track in tracks for values in (track.train, track.test, track.high) for value in values]
    if is_log:
        shown = [math.log10(value) for value in shown if value > 0]
    if not shown:
        return []
    bottom, top = (min(shown), max(shown)) if is_log else (0.0, max(shown))
    if measure == "accuracy":
        bottom, top = PERCENT_AXIS
    ends: dict[int, float] = {}
    for place, track in enumerate(tracks):
        last = scale * (track.test or track.train or (math.nan,))[-1]
        if math.isfinite(last) and (last > 0 or not is_log):
            ends[place] = math.log10(last) if is_log else last
    heights = apart(ends, LETTER_SHARE * max(top - bottom, 1e-9), bottom, top)
    return [
        {
            "text": f"<b>{letter(place)}</b>",
            "xref": "paper",
            "x": 1.0,
            "xanchor": "left",
            "xshift": 6,
            "y": height,
            "showarrow": False,
            "font": {"size": 17, "color": ENTRY_COLOURS[theme][place]},
        }
        for place, height in heights.items()
    ]


def apart(ends: dict[int, float], least: float, bottom: float, top: float) -> dict[int, float]:
    """The heights moved so that any two differ by `least`, in their order, and between `bottom` and `top` if they fit.

    >>> apart({0: 5.0, 1: 5.0, 2: 0.0}, 2.0, 0.0, 6.0)
    {2: 0.0, 0: 4.0, 1: 6.0}
    """
    order = sorted(ends, key=lambda place: ends[place])
    heights = [min(max(ends[place], bottom), top) for place in order]
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + least)
    ceiling = top
    for i in reversed(range(len(heights))):
        heights[i] = min(heights[i], ceiling)
        ceiling = heights[i] - least
    return dict(zip(order, heights, strict=True))


def _trace(name: str, x: Sequence[float], values: Sequence[float], measure: Measure) -> dict[str, Any]:
    scale, digits, unit = (100.0, ".1f", " %") if measure == "accuracy" else (1.0, ".3f", "")
    return {
        "type": "scatter",
        "name": name,
        "x": list(x),
        "y": [round(scale * value, 5) for value in values],
        "hovertemplate": f"%{{y:{digits}}}{unit}",
    }
