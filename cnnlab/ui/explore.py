"""The Explore page: what is this network?"""

from dataclasses import dataclass
from functools import partial
from typing import Literal
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnlab.analysis import Analysis, analyse, summary
from cnnlab.analysis.formula import formula
from cnnlab.analysis.outline import Unit, outline
from cnnlab.architectures import NetworkSpec, family_of, preset
from cnnlab.export import export_code
from cnnlab.figures.along_depth import costs_along_depth, maps_along_depth
from cnnlab.figures.ribbon import Measure, describe, ribbon
from cnnlab.figures.words import change, count, exact, shape, size
from cnnlab.spec import Problem
from cnnlab.ui.block_table import show_block_table
from cnnlab.ui.chosen import choose, chosen, explored, pick_network, spec_of, write_address
from cnnlab.ui.comparison import add_explored
from cnnlab.ui.cost_view import partial_words, show_costs
from cnnlab.ui.family_card import show_family_card
from cnnlab.ui.knobs import show_knobs
from cnnlab.ui.link import Choice, write
from cnnlab.ui.list_table import show_list_tables
from cnnlab.ui.live_chart import live_chart
from cnnlab.ui.places import COMPARE, MEASURES, TRAIN
from cnnlab.ui.ribbon_view import ribbon_view
from cnnlab.ui.visitor import theme
from cnnlab.ui.words import plain

_UNIT = "explore.unit"

_PARTIAL = frozenset({"macs", "activation_bytes"})
"""The headline numbers that leave out what nobody counted."""

_FOLDED = frozenset({"Kind"})
"""The group of knobs that wait until somebody opens it; what is most turned, and the images, are there at once."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """The network that the page shows: the visitor's choice, its preset, and what it costs if its values fit."""

    choice: Choice
    original: NetworkSpec
    analysis: Analysis | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where on the page each part stands, whatever the order in which they are drawn."""

    title: DeltaGenerator
    answer: DeltaGenerator
    charts: DeltaGenerator
    closer: DeltaGenerator
    tables: DeltaGenerator
    knobs: DeltaGenerator


def _shown() -> _Shown:
    choice, _ = chosen()
    spec, problems = spec_of(choice)
    analysis = analyse(spec) if spec is not None else None
    if analysis is not None and analysis.problem is not None:
        problems = (analysis.problem,)
    return _Shown(choice, preset(choice.preset), analysis, problems)


def explore() -> None:
    """Draws the page: the network's knobs on the left, what they make on the right."""
    choice, refused = chosen()
    original = preset(choice.preset)
    title = st.container()
    if refused:
        sentences = "".join(f"\n- {plain(problem.sentence)}" for problem in refused)
        st.warning(f"Parts of the link were left out, the rest is used.{sentences}", icon=":material/link_off:")
    if "blocks" in choice.values:
        show_block_table(choice.values)
    answer = st.container()
    show_list_tables(original.settings(), choice.values, reference=original.values, key=f"lists.{choice.preset}")
    charts, closer, tables = st.container(), st.container(), st.container()
    with st.sidebar:
        pick_network(choice, key="explore")
        knobs = st.container()
    _follow(_Places(title, answer, charts, closer, tables, knobs))


@st.fragment
def _follow(places: _Places) -> None:
    """Draws what follows from the knobs, in the order in which it is missed; they know what they were set to."""
    shown = _shown()
    analysis = shown.analysis
    with places.answer:
        _show_answer(shown)
    if analysis is not None:
        with places.charts:
            _show_charts(analysis)
    with places.title:
        write_address(shown.choice)
        _show_title(shown.choice, shown.original)
    if analysis is not None:
        with places.closer:
            show_costs(analysis)
        with places.tables:
            _show_tables(analysis, shown.problems)
    with places.knobs:
        _show_knobs(shown)


def _show_answer(shown: _Shown) -> None:
    """What is big: the problems, the numbers and the drawing."""
    for problem in shown.problems:
        st.error(plain(problem.sentence), icon=":material/error:")
    if shown.analysis is None:
        st.info("The numbers and the drawing come back as soon as these knobs fit together.", icon=":material/tune:")
    else:
        _show_numbers(shown.analysis, analyse(shown.original), shown.choice.preset)
        _show_ribbon(shown.analysis, shown.choice.preset)


def _show_knobs(shown: _Shown) -> None:
    choice, original = shown.choice, shown.original
    # Always there, so that nothing below moves when the first knob is turned.
    st.button(
        "Reset all knobs",
        icon=":material/undo:",
        disabled=choice.values == original.values,
        on_click=_reset,
        width="stretch",
    )
    show_knobs(
        original.settings(),
        choice.values,
        reference=original.values,
        problems=shown.problems,
        key=f"knob.{choice.preset}",
        folded=_FOLDED,
    )


def _reset() -> None:
    choose(chosen()[0].preset)
    st.rerun()


def _show_title(choice: Choice, original: NetworkSpec) -> None:
    family = family_of(original)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(choice.preset, anchor=False, width="stretch")
        with st.popover("Copy link", icon=":material/link:", type="tertiary"):
            st.caption("Whoever opens this address sees the same network.")
            address = f"{(st.context.url or '').split('?')[0]}?{urlencode(write(choice), safe=',')}"
            st.code(address, language=None, wrap_lines=True)
        if st.button("Code", icon=":material/code:", type="tertiary", key="explore.code"):
            _show_code(choice)
        spec = explored()
        if st.button(
            "Compare",
            icon=":material/compare_arrows:",
            type="tertiary",
            key="explore.compare",
            disabled=spec is None,
            help="Puts this network beside its preset, or into the comparison that you have begun.",
        ):
            assert spec is not None
            add_explored(spec, original)
            st.switch_page(COMPARE)
        if st.button("Train this", icon=":material/play_arrow:", type="primary", key="explore.train"):
            st.switch_page(TRAIN, query_params=write(choice))
    show_family_card(family, choice.preset)


@st.dialog("PyTorch code of exactly this network", width="large")
def _show_code(choice: Choice) -> None:
    spec, problems = spec_of(choice)
    problem = analyse(spec).problem if spec is not None else problems[0]
    if spec is None or problem is not None:
        st.info("There is no code for a network that cannot be built.", icon=":material/tune:")
        return
    code = export_code(spec)
    st.caption("It needs only torch. Save it, or copy it with the button at the top right of the text.")
    st.download_button(
        "Download", code, file_name=f"{choice.preset}.py", mime="text/x-python", icon=":material/download:"
    )
    st.code(code, language="python", height=480)


def _show_numbers(analysis: Analysis, original: Analysis, name: str) -> None:
    """The headline numbers, each with its change against the preset."""
    auxiliary = ""
    if analysis.auxiliary_params:
        auxiliary = f", of which {exact(analysis.auxiliary_params)} in auxiliary heads, which only training uses"
    cards = [
        ("Parameters", count, "params", f"{exact(analysis.params)} weights and biases{auxiliary}."),
        (
            "MACs",
            count,
            "macs",
            f"{exact(analysis.macs)} multiply-accumulates for one image. Papers often print them as FLOPs.",
        ),
        (
            "Activations",
            size,
            "activation_bytes",
            f"{exact(analysis.activation_bytes)} bytes that training keeps for the backward pass of one image.",
        ),
        ("Weights", size, "weight_bytes", f"{exact(analysis.weight_bytes)} bytes: the parameters in float32."),
        (
            "Layers",
            count,
            "num_layers",
            "Convolution and dense layers from image to answer, without those in shortcuts.",
        ),
    ]
    with st.container(key="explore.numbers"):
        columns = st.columns(len(cards))
    for column, (label, write_number, measure, words) in zip(columns, cards, strict=True):
        new, old = getattr(analysis, measure), getattr(original, measure)
        colour: Literal["off", "green", "orange"] = "off" if new == old else "green" if new < old else "orange"
        if analysis.problem is not None:
            delta, colour = "up to the break", "off"
        elif analysis.unknown and measure in _PARTIAL:
            delta, colour = "at least this", "orange"
        else:
            delta = change(new, old, fewer="less" if write_number is size else "fewer")
        column.metric(
            label,
            write_number(new),
            delta=delta,
            delta_color=colour,
            delta_arrow="off",
            help=f"{words} Compared with {name}: {exact(old)}.",
            border=True,
        )

    if analysis.unknown:
        st.warning(plain(partial_words(analysis.unknown)), icon=":material/rule:")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        fits = "The shapes fit in eval and in train mode." if analysis.problem is None else "The shapes break."
        st.caption(f"For one image in float32. {fits}", width="content")
        if st.button(
            "What do these numbers mean?", icon=":material/menu_book:", type="tertiary", key="explore.measures"
        ):
            _show_measures()


@st.dialog("What the numbers mean", width="large")
def _show_measures() -> None:
    st.markdown(MEASURES.read_text(encoding="utf-8"))


def _show_ribbon(analysis: Analysis, name: str) -> None:
    with st.container(border=True, key="explore.ribbon"):
        names: dict[Measure, str] = {"macs": "MACs", "params": "parameters"}
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader("From image to answer", anchor=False, width="stretch")
            measure: Measure = st.segmented_control(
                "Share of",
                list(names),
                format_func=names.__getitem__,
                default="macs",
                required=True,
                key="explore.measure",
                label_visibility="collapsed",
                width="content",
            )
            draw = partial(ribbon, analysis, theme=theme(), measure=measure)
            st.download_button(
                "SVG",
                draw,
                file_name=f"{name}.svg",
                mime="image/svg+xml",
                icon=":material/download:",
                type="tertiary",
                help="The drawing, for a slide.",
                on_click="ignore",
            )
        selected = st.session_state.get(_UNIT)
        ribbon_view(draw(selected=selected), key="explore.slabs", choose=_open_or_close)
        unit = next((unit for unit in outline(analysis) if unit.path == selected), None) if selected else None
        if unit is not None:
            _show_unit(unit)


def _open_or_close(path: str) -> None:
    """Shows the layers of the slab, or, where they are shown, no longer."""
    st.session_state[_UNIT] = None if path == st.session_state.get(_UNIT) else path


def _show_unit(unit: Unit) -> None:
    times = f" × {unit.repeat}" if unit.repeat > 1 else ""
    shapes = f"{shape(unit.input_shape)} → {shape(unit.output_shape)}"
    st.markdown(f"**{plain(unit.title)}**, `{unit.path}` ({unit.type}{times}): {shapes}")
    lines = []
    for row in unit.rows:
        words = formula(row) or f"{shape(row.input_shape)} → {shape(row.output_shape)}"
        params = f", {exact(row.params)} parameters" if row.params and not row.macs else ""
        lines.append(f"- `{row.path}` {row.type}: {words}{params}")
    st.markdown("\n".join(lines))


def _show_charts(analysis: Analysis) -> None:
    left, right = st.columns(2)
    with left, st.container(border=True):
        st.subheader("Where the cost sits", anchor=False)
        heaviest = max(analysis.rows, key=lambda row: row.macs, default=None)
        where = f" The most MACs are in {heaviest.path}." if heaviest else ""
        live_chart(
            costs_along_depth(analysis, theme=theme()),
            alt=f"Share of MACs (up) and parameters (down) of each layer along the depth.{where}",
            key="explore.costs",
        )
    with right, st.container(border=True):
        st.subheader("How the maps change", anchor=False)
        live_chart(maps_along_depth(analysis, theme=theme()), alt=describe(analysis), key="explore.maps")


def _show_tables(analysis: Analysis, problems: tuple[Problem, ...]) -> None:
    text, layers = st.tabs(["torchinfo summary", "Layers"], key="explore.tables", on_change="rerun")
    if text.open:
        with text:
            if problems:
                st.info("torchinfo can only run the whole network: its summary comes back when the shapes fit.")
            else:
                with st.container(key="explore.summary"):
                    st.code(summary(analysis.spec), language=None, height=520)
    if layers.open:
        with layers:
            frame = analysis.layers
            st.dataframe(
                frame.assign(output_shape=[shape(s) for s in frame["output_shape"]]).drop(
                    columns=["input_shape", "kind"]
                ),
                hide_index=True,
                height=520,
                column_config={
                    "name": "Name",
                    "type": "Type",
                    "output_shape": "Output shape",
                    "activations": st.column_config.NumberColumn("Activations", format="localized"),
                    "receptive_field": st.column_config.NumberColumn("Sees, px", format="localized"),
                    "params": st.column_config.NumberColumn("Parameters", format="localized"),
                    "macs": st.column_config.NumberColumn("MACs", format="localized"),
                    "params_share": st.column_config.ProgressColumn("Params %", format="percent", width="small"),
                    "macs_share": st.column_config.ProgressColumn("MACs %", format="percent", width="small"),
                },
            )
