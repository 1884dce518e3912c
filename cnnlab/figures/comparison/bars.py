"""The costs of the networks of a comparison as bars: a panel for each cost, a row for each network.

The panels stand side by side, or, for a phone, one below the other.
"""

from collections.abc import Sequence
from typing import Any

from cnnlab.analysis.entries import Entry
from cnnlab.analysis.measures import MAIN_COSTS, MEASURES, Measure
from cnnlab.figures.comparison.words import axis_labels
from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import ENTRY_COLOURS, ENTRY_LETTERS, Theme

ROW_HEIGHT = 52
GAP = 0.035

NARROW_ROW_HEIGHT, HEADING_HEIGHT, NAME_HEIGHT, SAVING_HEIGHT = 38, 40, 22, 34
"""Pixels on a phone: of a bar with its gap, of a panel's heading, of a line of a name, and of the buttons that save."""

LONGEST_BAR = 1 / 1.7
"""The share of a panel's width: there is room for the numbers behind the longest bar."""


def cost_bars(entries: Sequence[Entry], baseline: int, *, theme: Theme) -> Figure:
    """The main costs of each network, the baseline first, with the ratio to the baseline."""
    order = in_order(len(entries), baseline)
    names = axis_labels([one.name for one in entries])
    width = (1 - GAP * (len(MAIN_COSTS) - 1)) / len(MAIN_COSTS)
    chart = layout(
        theme,
        x="",
        y="",
        height=90 + ROW_HEIGHT * len(order),
        margin={"l": 10, "r": 10, "t": 44, "b": 16},
        showlegend=False,
        bargap=0.35,
        yaxis=_rows([names[index] for index in order]),
        annotations=[],
        uirevision=f"{len(order)} networks",
    )
    axis, traces = chart["xaxis"], []
    for panel, measure in enumerate(MEASURES[name] for name in MAIN_COSTS):
        left, suffix = panel * (width + GAP), _suffix(panel)
        trace = _bars(measure, entries, order, theme, "<br>")
        chart[f"xaxis{suffix}"] = {**axis, **_lengths(trace), "domain": [left, left + width]}
        chart["annotations"].append(_heading(measure, x=left, y=1))
        traces.append({**trace, "xaxis": f"x{suffix}"})
    return {"data": traces, "layout": chart}


def narrow_cost_bars(entries: Sequence[Entry], baseline: int, *, theme: Theme) -> Figure:
    """The same for a phone: the names once, above all, and one panel below the other."""
    order = in_order(len(entries), baseline)
    labels = axis_labels([one.name for one in entries])
    names = "<br>".join(labels[index] for index in order)
    top = SAVING_HEIGHT + NAME_HEIGHT * (names.count("<br>") + 1)
    panel_height = HEADING_HEIGHT + NARROW_ROW_HEIGHT * len(order)
    plot_height = panel_height * len(MAIN_COSTS)
    chart = layout(
        theme,
        x="",
        y="",
        height=top + plot_height + 8,
        margin={"l": 10, "r": 4, "t": top, "b": 8},
        showlegend=False,
        bargap=0.35,
        yaxis=_rows([f"<b>{ENTRY_LETTERS[index]}</b>" for index in order]),
        annotations=[
            {"text": names, "showarrow": False, "align": "left", "font": {"size": 15}}
            | {"xref": "paper", "yref": "paper", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"}
        ],
        uirevision=f"{len(order)} networks",
    )
    x_axis, y_axis, traces = chart["xaxis"], chart["yaxis"], []
    for panel, measure in enumerate(MEASURES[name] for name in MAIN_COSTS):
        suffix = _suffix(panel)
        high = 1 - (panel * panel_height + HEADING_HEIGHT) / plot_height
        low = max(0.0, 1 - (panel + 1) * panel_height / plot_height)
        trace = _bars(measure, entries, order, theme, "  ")
        chart[f"xaxis{suffix}"] = {**x_axis, **_lengths(trace), "anchor": f"y{suffix}"}
        chart[f"yaxis{suffix}"] = {**y_axis, "domain": [low, high], "anchor": f"x{suffix}"}
        chart["annotations"].append(_heading(measure, x=0, y=high))
        traces.append({**trace, "xaxis": f"x{suffix}", "yaxis": f"y{suffix}"})
    return {"data": traces, "layout": chart}


def _suffix(panel: int) -> str:
    """What plotly appends to the names of the axes of a panel."""
    return "" if panel == 0 else str(panel + 1)


def _rows(names: list[str]) -> dict[str, Any]:
    """An axis with a row for each name, the first at the top."""
    return {
        "tickvals": list(range(len(names))),
        "ticktext": names,
        "range": [len(names) - 0.45, -0.55],
        "showgrid": False,
        "zeroline": False,
    }


def _lengths(trace: dict[str, Any]) -> dict[str, Any]:
    """The axis along which the bars of a trace are long."""
    return {
        "range": [0, max(*(value or 0 for value in trace["x"]), 1) / LONGEST_BAR],
        "showticklabels": False,
        "showline": False,
        "showgrid": False,
        "zeroline": True,
        "zerolinewidth": 2,
    }


def _heading(measure: Measure, *, x: float, y: float) -> dict[str, Any]:
    """The title of a panel, above its upper left corner."""
    place = {"xref": "paper", "yref": "paper", "x": x, "xanchor": "left", "y": y, "yanchor": "bottom"}
    return {"text": f"<b>{measure.title}</b>", "showarrow": False, "font": {"size": 16}, **place}


def _bars(
    measure: Measure, entries: Sequence[Entry], order: Sequence[int], theme: Theme, between: str
) -> dict[str, Any]:
    """A bar for each network; `between` stands between its number and its ratio to the first."""
    values = [measure.of(entries[index]) for index in order]
    factors = ["", *(measure.ratio_text(value, values[0]) for value in values[1:])]
    return {
        "type": "bar",
        "orientation": "h",
        "name": measure.title,
        "x": values,
        "y": list(range(len(order))),
        "text": [
            f"<b>{measure.text(value)}</b>" + (f"{between}{factor}" if factor else "")
            for value, factor in zip(values, factors, strict=True)
        ],
        "textposition": "outside",
        "constraintext": "none",
        "textfont": {"size": 15},
        "cliponaxis": False,
        "marker": {"color": [ENTRY_COLOURS[theme][index] for index in order]},
        "customdata": [
            [entries[index].name, measure.exact_text(value)] for index, value in zip(order, values, strict=True)
        ],
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}<extra>" + measure.title + "</extra>",
    }


def in_order(count: int, baseline: int) -> list[int]:
    """The places of the networks with the baseline first.

    >>> in_order(3, baseline=1)
    [1, 0, 2]
    """
    return [baseline, *(index for index in range(count) if index != baseline)]


def describe_bars(entries: Sequence[Entry], baseline: int) -> str:
    """The bars in words."""
    measures = [MEASURES[name] for name in MAIN_COSTS]
    sentences = []
    for one in (entries[index] for index in in_order(len(entries), baseline)):
        costs = ", ".join(f"{measure.text(measure.of(one))} {measure.title}" for measure in measures)
        sentences.append(f"{one.name}: {costs}.")
    return "Costs of each network. " + " ".join(sentences)
