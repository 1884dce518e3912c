"""How the values of a parameter tensor are distributed: a histogram, several below each other, and over the epochs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import CURVE_COLOURS, SURFACES, Theme, translucent
from cnnlab.words.sentence import Sentence

PANEL = 92
"""The height of one of several histograms, in pixels."""

GAP = 0.3
"""Between them, as a share of a panel: the name of the lower one stands there."""

MOST_TICKS = 10
"""About as many epochs have their number on the axis."""

BANDS = ((0, -1, 0.12), (1, -2, 0.22), (2, -3, 0.35))
"""Each between two of the quantiles, by their places, with its opacity: all values, the middle 90 % and 50 %."""

BAND_NAMES = ("all values", "middle 90 %", "middle 50 %")


@dataclass(frozen=True, slots=True)
class Histogram:
    """The values of one tensor: `counts` in the bins between `edges`, of which there is one more."""

    name: str
    smallest: float
    largest: float
    mean: float
    std: float
    edges: Sequence[float]
    counts: Sequence[int]


def value_histogram(histogram: Histogram, *, theme: Theme) -> Figure:
    """How many values are in each bin."""
    return {
        "data": [_bars(histogram, CURVE_COLOURS[theme][0], is_share=False)],
        "layout": layout(
            theme,
            x="value",
            y="values per bin",
            margin={"t": 12},
            bargap=0,
            showlegend=False,
            xaxis={"range": _range([histogram])},
            yaxis={"tickformat": ",d", "rangemode": "tozero", "nticks": 6},
        ),
    }


def histogram_panels(histograms: Sequence[Histogram], *, theme: Theme) -> Figure:
    """The histograms below each other on one axis of values, each as high as its panel; the first has a colour."""
    num_panels, first, others = len(histograms), CURVE_COLOURS[theme][0], SURFACES[theme]["muted"]
    each = 1 / (num_panels + GAP * num_panels)
    traces, axes, names = list[dict[str, Any]](), dict[str, Any](), list[dict[str, Any]]()
    for i, histogram in enumerate(histograms):
        number = "" if i == 0 else str(i + 1)
        bottom = 1 - (i + 1) * each * (1 + GAP)
        top = bottom + each
        traces.append(
            {**_bars(histogram, first if i == 0 else others, is_share=True), "xaxis": "x", "yaxis": f"y{number}"}
        )
        axes[f"yaxis{number}"] = {
            "domain": [max(0.0, bottom), top],
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "rangemode": "tozero",
            "title": {"text": ""},
        }
        names.append(
            {
                "text": f"<b>{escape(histogram.name, quote=False)}</b>  std {histogram.std:.3g}",
                "xref": "paper",
                "yref": "paper",
                "x": 0,
                "y": top,
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 14, "color": SURFACES[theme]["text"]},
            }
        )
    return {
        "data": traces,
        "layout": layout(
            theme,
            x="value",
            y="",
            height=round(60 + PANEL * (1 + GAP) * num_panels),
            margin={"t": 26, "l": 16},
            bargap=0,
            showlegend=False,
            annotations=names,
            xaxis={"range": _range(histograms), "anchor": "free", "position": 0},
            **axes,
        ),
    }


def value_bands(history: Mapping[int, Sequence[float]], *, theme: Theme) -> Figure:
    """The quantiles of a tensor's values after each epoch, as bands around the median."""
    epochs, columns = list(history), list(zip(*history.values(), strict=True))
    colour = CURVE_COLOURS[theme][0]
    traces: list[dict[str, Any]] = []
    for (low, high, opacity), name in zip(BANDS, BAND_NAMES, strict=True):
        fill = translucent(colour, opacity)
        edge = {"type": "scatter", "mode": "lines", "x": epochs, "line": {"width": 0, "color": colour}}
        hover = {"hovertemplate": "%{y:.3~g}<extra>" + name + "</extra>"}
        traces += [
            {**edge, **hover, "y": columns[low], "showlegend": False},
            {
                **edge,
                **hover,
                "y": columns[high],
                "name": name,
                "fill": "tonexty",
                "fillcolor": fill,
            },
        ]
    traces.append(
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": "median",
            "x": epochs,
            "y": columns[len(columns) // 2],
            "line": {"color": colour, "width": 2},
            "hovertemplate": "%{y:.3~g}<extra>median</extra>",
        }
    )
    return {
        "data": traces,
        "layout": layout(
            theme,
            x="epoch (0: before the first step)",
            y="value",
            legend={"traceorder": "normal", "font": {"size": 13}},
            xaxis={"tickformat": ",d", "dtick": max(1, round((epochs[-1] - epochs[0]) / MOST_TICKS))},
        ),
    }


def describe_histogram(histogram: Histogram) -> Sentence:
    """What a histogram shows, in words."""
    return Sentence(
        "The values of {name}: from {smallest:.3g} to {largest:.3g}, with the mean {mean:.3g} and the standard"
        " deviation {std:.3g}.",
        name=histogram.name,
        smallest=histogram.smallest,
        largest=histogram.largest,
        mean=histogram.mean,
        std=histogram.std,
    )


def describe_panels(histograms: Sequence[Histogram]) -> Sentence:
    """What the histograms show, in words."""
    each = "; ".join(f"{histogram.name} {histogram.std:.3g}" for histogram in histograms)
    return Sentence("Histograms of the same tensor. Standard deviations: {each}.", each=each)


def describe_bands(name: str, history: Mapping[int, Sequence[float]]) -> Sentence:
    """What the bands show, in words."""
    first, *_, last = history
    before, after = history[first], history[last]
    return Sentence(
        "The values of {name} over the epochs: half of them from {low:.3g} to {high:.3g} after epoch {first}, and from"
        " {later_low:.3g} to {later_high:.3g} after epoch {last}.",
        name=name,
        first=first,
        last=last,
        low=before[2],
        high=before[-3],
        later_low=after[2],
        later_high=after[-3],
    )


def _range(histograms: Sequence[Histogram]) -> list[float]:
    low, high = min(h.smallest for h in histograms), max(h.largest for h in histograms)
    room = 0.03 * (high - low) or 0.5 * abs(high) or 0.5
    return [low - room, high + room]


def _bars(histogram: Histogram, colour: str, *, is_share: bool) -> dict[str, Any]:
    """The bins as bars; where all values are the same, one thin bar."""
    tallest, counts, widths = max(histogram.counts, default=0), list(histogram.counts), dict[str, list[float]]()
    if histogram.smallest == histogram.largest:
        centres, counts = [histogram.smallest], [sum(counts)]
    else:
        bins = list(pairwise(histogram.edges))
        centres, widths = [(low + high) / 2 for low, high in bins], {"width": [high - low for low, high in bins]}
    heights: list[float] = [count / tallest for count in counts] if is_share and tallest else [*counts]
    return {
        "type": "bar",
        "name": escape(histogram.name, quote=False),
        "x": centres,
        "y": heights,
        **widths,
        "customdata": counts,
        "marker": {"color": colour, "line": {"width": 0}},
        "hovertemplate": "%{x:.3~g}: %{customdata:,}<extra></extra>",
    }
