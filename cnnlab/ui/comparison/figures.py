"""The charts of a comparison: the costs as bars, one measure against another, and from input to output."""

from collections.abc import Sequence

import streamlit as st

from cnnlab.analysis.entries import Entry, published_entries
from cnnlab.analysis.measures import LATENCY, axis_measures
from cnnlab.figures.comparison.bars import cost_bars, describe_bars, narrow_cost_bars
from cnnlab.figures.comparison.depth import DEPTH_CURVES, depth_chart, describe_depth
from cnnlab.figures.comparison.scatter import describe_scatter, has_points, missing, scatter
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.markdown import plain
from cnnlab.ui.state.comparison_view import Options, select
from cnnlab.ui.visitors.visitor import theme


def show_figures(entries: Sequence[Entry], baseline: int, fields: dict[str, Options], view: dict[str, str]) -> None:
    """Each chart in its card."""
    with st.container(border=True):
        st.header("What each one costs", anchor=False)
        live_chart(
            cost_bars(entries, baseline, theme=theme()),
            alt=describe_bars(entries, baseline),
            key="compare.bars",
            title="What each network costs",
            narrow=narrow_cost_bars(entries, baseline, theme=theme()),
        )
    with st.container(key="compare.charts"):
        left, right = st.columns(2)
        with left, st.container(border=True):
            _show_scatter(entries, fields, view)
        with right, st.container(border=True):
            _show_depth(entries, fields, view)


def _show_scatter(entries: Sequence[Entry], fields: dict[str, Options], view: dict[str, str]) -> None:
    st.header("One measure against another", anchor=False)
    with st.container(horizontal=True):
        for field, label in (("y", "Vertical axis"), ("x", "Horizontal axis")):
            select(field, label, fields[field], view[field])
    measures = axis_measures(entries)
    x, y = measures[view["x"]], measures[view["y"]]
    dataset = y.dataset or x.dataset
    background: list[Entry] = []
    if dataset is not None:
        select("around", "Shown", fields["around"], view["around"], as_buttons=True)
        if view["around"] == "published":
            with st.spinner("Analysing every published network …"):
                background = published_entries(dataset)
    if has_points([*entries, *background], x, y):
        live_chart(
            scatter(entries, x, y, theme=theme(), background=background),
            alt=describe_scatter(entries, x, y),
            key="compare.scatter",
            title=f"{y.title} over {x.title}",
            narrow=scatter(entries, x, y, theme=theme(), background=background, is_narrow=True),
        )
    elif LATENCY in (x, y):
        st.info("Measure the time above to see points here.", icon=":material/timer:")
    else:
        st.info("None of these networks has both numbers.", icon=":material/scatter_plot:")
    for measure in {x.name: x, y.name: y}.values():
        without = missing(entries, measure)
        if without:
            st.caption(f"{plain(measure.title)} is not known for {plain(', '.join(without))}.")


def _show_depth(entries: Sequence[Entry], fields: dict[str, Options], view: dict[str, str]) -> None:
    st.header("From input to output", anchor=False)
    select("along", "Along the depth", fields["along"], view["along"])
    along = next(name for name in DEPTH_CURVES if name == view["along"])
    live_chart(
        depth_chart(entries, along, theme=theme()),
        alt=describe_depth(entries, along),
        key="compare.depth",
        title=f"{DEPTH_CURVES[along].title} along the depth",
        narrow=depth_chart(entries, along, theme=theme(), is_narrow=True),
    )
