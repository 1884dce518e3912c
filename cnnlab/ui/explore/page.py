"""The Explore page: what is this network?"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnlab.analysis import Analysis, analyse, summary
from cnnlab.architectures import NetworkSpec, family_of, preset
from cnnlab.figures.network.along_depth import HEIGHT, costs_along_depth, maps_along_depth
from cnnlab.figures.network.ribbon import describe_network
from cnnlab.spec import Problem, Refused, Remedy, Value
from cnnlab.ui.components.dragging.dragging import follow_dragging
from cnnlab.ui.components.sliders.sliders import Change, Take
from cnnlab.ui.explore.closer_look import show_costs
from cnnlab.ui.explore.family_card import show_family_card
from cnnlab.ui.explore.guess import guess_parameters, may_show, refused_guess, show_guess_switch
from cnnlab.ui.explore.headline import explain_headline, show_headline
from cnnlab.ui.explore.layers import show_layers
from cnnlab.ui.explore.ribbon_card import show_ribbon, show_ribbon_details, write_ribbon
from cnnlab.ui.explore.title import show_title
from cnnlab.ui.knobs.block_table import show_block_table
from cnnlab.ui.knobs.list_table import show_list_tables
from cnnlab.ui.knobs.network_picker import pick_network
from cnnlab.ui.knobs.panel import show_knobs
from cnnlab.ui.knobs.problems import show_problems, show_refused_link
from cnnlab.ui.knobs.row import fix_value, renew_knobs
from cnnlab.ui.markdown import plain
from cnnlab.ui.state.hiding import follow_hiding_link, hiding, take_hiding
from cnnlab.ui.state.link import Choice
from cnnlab.ui.state.network import chosen, follow_link, spec_of, take, write_address
from cnnlab.ui.visitors.visitor import theme

# What benchmarks/key_to_number.py measures, from a key press to the new numbers, is longer without this pause: the
# browser handles whatever has arrived before it draws, and would otherwise draw the numbers only after the charts.
_PAUSE_BEFORE_CHARTS = 0.015

_TABLES = ("torchinfo summary", "Layers")


@dataclass(frozen=True, slots=True)
class _Shown:
    """The visitor's choice, its preset, and what it costs if its values fit."""

    choice: Choice
    original: NetworkSpec
    analysis: Analysis | None
    problems: tuple[Problem, ...]


def _shown() -> _Shown:
    choice, _ = chosen()
    spec, problems = spec_of(choice)
    analysis = None if spec is None else analyse(spec)
    if analysis is not None and analysis.problem is not None:
        problems = (analysis.problem,)
    return _Shown(choice, preset(choice.preset), analysis, problems)


def explore() -> None:
    """Draws the page: the network's knobs on the left, what they make on the right."""
    choice, problems = chosen()
    original = preset(choice.preset)
    show_title(choice.preset)
    show_family_card(family_of(original), choice.preset)
    fix = partial(_fix, choice)
    refused = [(problem, partial(follow_link, problem, fix)) for problem in (*problems, *refused_guess())]
    refused += [(problem, partial(follow_hiding_link, problem)) for problem in take_hiding(original.settings())]
    show_refused_link(refused, key="explore.link")
    if "blocks" in choice.values and "blocks" not in _hidden(original):
        show_block_table(choice.values)
    with st.sidebar:
        pick_network(choice, key="explore")
        knobs = st.container()
        show_guess_switch()
    _follow(knobs)


@st.fragment
def _follow(knobs: DeltaGenerator) -> None:
    """Draws what follows from the knobs, and last the knobs themselves, which show their values already."""
    shown = _shown()
    take: dict[str, Callable[[Change], None]] = {}
    show_problems(shown.problems, key="explore", fix=partial(_fix, shown.choice))
    if shown.analysis is not None:
        if may_show(shown.analysis):
            _show_answer(shown, shown.analysis, take)
        else:
            _show_lists(shown)
    else:
        st.info(
            "The numbers and the drawing are shown again as soon as the values of these knobs are consistent.",
            icon=":material/tune:",
        )
        _show_lists(shown)
    write_address(shown.choice, **guess_parameters())
    with knobs:
        take.update(_show_knobs(shown))


def _show_answer(shown: _Shown, analysis: Analysis, take: Take) -> None:
    """What the network costs; what is less urgent is drawn after torchinfo's text."""
    _follow_thumb(analysis, take)
    time.sleep(_PAUSE_BEFORE_CHARTS)
    lists = st.container()
    _show_charts(analysis)
    closer = st.container(border=True, key="explore.closer")
    _show_tables(analysis, shown.problems)
    with lists:
        _show_lists(shown)
    with closer:
        show_costs(analysis)


@st.fragment
def _follow_thumb(analysis: Analysis, take: Take) -> None:
    """The numbers and the drawing of `analysis`, or of the network of a thumb that moves, where its values fit."""
    shown = _shown()
    if shown.analysis is not None and not shown.problems:
        analysis = shown.analysis
    original = analyse(shown.original)
    svg = write_ribbon(analysis, original)
    show_headline(analysis, original, shown.choice.preset)
    notes = st.container()
    save, words = show_ribbon(svg)
    if not guess_parameters():
        follow_dragging(take, key="explore.dragging")
    with notes:
        explain_headline(analysis)
    show_ribbon_details(save, words, analysis, original, svg=svg, name=shown.choice.preset)


def _show_lists(shown: _Shown) -> None:
    choice, original = shown.choice, shown.original
    show_list_tables(
        original.settings(),
        choice.values,
        reference=original.values,
        key=f"lists.{choice.preset}",
        hidden=_hidden(original),
    )


def _show_charts(analysis: Analysis) -> None:
    left, right = st.columns(2, border=True)
    heaviest = max(analysis.rows, key=lambda row: row.macs, default=None)
    where = f" The most MACs are in {heaviest.path}." if heaviest else ""
    with left:
        st.header("Cost by layer", anchor=False)
        st.echarts_chart(
            costs_along_depth(analysis, theme=theme()),
            height=HEIGHT,
            alt=f"Share of MACs (up) and parameters (down) of each layer along the depth.{where}",
            key="explore.costs",
        )
    with right:
        st.header("Feature maps by layer", anchor=False)
        st.echarts_chart(
            maps_along_depth(analysis, theme=theme()), height=HEIGHT, alt=describe_network(analysis), key="explore.maps"
        )


def _show_tables(analysis: Analysis, problems: tuple[Problem, ...]) -> None:
    table = st.segmented_control(
        "Layer by layer", _TABLES, default=_TABLES[0], required=True, key="explore.table", label_visibility="collapsed"
    )
    if table == "Layers":
        show_layers(analysis)
    elif problems:
        st.info("torchinfo needs a network whose shapes fit: its summary is shown again when they do.")
    else:
        try:
            text = summary(analysis.spec)
        except Refused as refused:
            st.info(plain(refused.titled), icon=":material/table_rows:")
        else:
            st.code(text, language=None, height=520)


def _hidden(original: NetworkSpec) -> frozenset[str]:
    return hiding().hidden(original.settings())


def _reset_values(choice: Choice, original: NetworkSpec) -> dict[str, Value]:
    """The preset's values, but for hidden knobs."""
    return {**original.values, **{name: choice.values[name] for name in _hidden(original)}}


def _show_knobs(shown: _Shown) -> Take:
    choice, original = shown.choice, shown.original
    # Always there, so that nothing below moves when the first knob is turned.
    st.button(
        "Reset all knobs",
        icon=":material/undo:",
        disabled=choice.values == _reset_values(choice, original),
        on_click=_reset,
        width="stretch",
    )
    return show_knobs(
        original.settings(),
        choice.values,
        reference=original.values,
        problems=shown.problems,
        key=_panel(choice),
        folded=frozenset({"Layer types"}),  # the other groups are used more often
        hidden=_hidden(original),
        is_live=True,
    )


def _panel(choice: Choice) -> str:
    """The key of the knobs."""
    return f"knob.{choice.preset}"


def _reset() -> None:
    choice, _ = chosen()
    take(Choice(choice.preset, _reset_values(choice, preset(choice.preset))))
    renew_knobs(_panel(choice))
    st.rerun()


def _fix(choice: Choice, remedy: Remedy) -> None:
    fix_value(choice.values, remedy, _panel(choice))
    if remedy.field == "blocks":
        st.rerun()  # their table is drawn with the page
