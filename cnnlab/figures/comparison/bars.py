"""The costs of the networks of a comparison as bars: a panel for each cost, a row for each network."""

from collections.abc import Sequence

from cnnlab.analysis.entries import Entry
from cnnlab.analysis.measures import MAIN_COSTS, MEASURES
from cnnlab.figures.comparison.words import label
from cnnlab.figures.layout import Figure, layout
from cnnlab.figures.palette import ENTRY_COLOURS, Theme

ROW_HEIGHT = 52
GAP = 0.035


def cost_bars(entries: Sequence[Entry], baseline: int, *, theme: Theme) -> Figure:
    """The main costs of each network, the baseline first, with the ratio to the baseline."""
    order = in_order(len(entries), baseline)
    rows = list(range(len(order)))
    width = (1 - GAP * (len(MAIN_COSTS) - 1)) / len(MAIN_COSTS)
    chart = layout(
        theme,
        x="",
        y="",
        height=90 + ROW_HEIGHT * len(order),
        margin={"l": 10, "r": 10, "t": 44, "b": 16},
        showlegend=False,
        bargap=0.35,
        yaxis={
            "tickvals": rows,
            "ticktext": [label(index, entries[index]) for index in order],
            "range": [len(order) - 0.45, -0.55],
            "showgrid": False,
            "zeroline": False,
        },
        annotations=[],
        uirevision=f"{len(order)} networks",
    )
    axis, traces = chart["xaxis"], []
    for panel, measure in enumerate(MEASURES[name] for name in MAIN_COSTS):
        values = [measure.of(entries[index]) for index in order]
        factors = ["", *(measure.ratio_text(value, values[0]) for value in values[1:])]
        left = panel * (width + GAP)
        suffix = "" if panel == 0 else str(panel + 1)
        chart[f"xaxis{suffix}"] = {
            **axis,
            "domain": [left, left + width],
            # There is room for the numbers behind the longest bar.
            "range": [0, 1.7 * max(*(value or 0 for value in values), 1)],
            "showticklabels": False,
            "showline": False,
            "showgrid": False,
            "zeroline": True,
            "zerolinewidth": 2,
        }
        place = {"xref": "paper", "yref": "paper", "x": left, "xanchor": "left", "y": 1, "yanchor": "bottom"}
        heading = {"text": f"<b>{measure.title}</b>", "showarrow": False, "font": {"size": 16}, **place}
        chart["annotations"].append(heading)
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": measure.title,
                "x": values,
                "y": rows,
                "xaxis": f"x{suffix}",
                "text": [
                    f"<b>{measure.text(value)}</b>" + (f"<br>{factor}" if factor else "")
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
        )
    return {"data": traces, "layout": chart}


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
