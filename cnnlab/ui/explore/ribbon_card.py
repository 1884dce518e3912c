"""The ribbon of the explored network in its card: what is drawn, the drawing, and the layers of a chosen part."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnlab.analysis import Analysis
from cnnlab.analysis.comparison.reason import reason
from cnnlab.analysis.formula import formula
from cnnlab.analysis.measures import MEASURES
from cnnlab.analysis.outline import CostName, Section, outline
from cnnlab.figures.network.ribbon import ribbon
from cnnlab.ui.components.ribbon.ribbon import ribbon_view
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.numbers import exact, shape

_UNIT, _MEASURE = "explore.unit", "explore.measure"

_COSTS: tuple[CostName, ...] = ("macs", "params")


def write_ribbon(analysis: Analysis, original: Analysis) -> str:
    """The drawing with the chosen cost and the chosen part, before the outlines of the preset."""
    return ribbon(analysis, theme=theme(), measure=_measure(), selected=st.session_state.get(_UNIT), before=original)


def show_ribbon(svg: str) -> tuple[DeltaGenerator, DeltaGenerator]:
    """The card with the drawing; returns its places for what `show_ribbon_details` adds: the file and the words."""
    with st.container(border=True, key="explore.ribbon"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.header("From input to output", anchor=False, width="stretch")
            st.segmented_control(
                "Share of",
                _COSTS,
                format_func=lambda name: MEASURES[name].title,
                default=_measure(),
                required=True,
                key=_MEASURE,
                label_visibility="collapsed",
                width="content",
            )
            save = st.empty()
        ribbon_view(svg, key="explore.slabs", choose=_open_or_close)
        return save, st.empty()


def show_ribbon_details(
    save: DeltaGenerator, words: DeltaGenerator, analysis: Analysis, original: Analysis, *, svg: str, name: str
) -> None:
    """What goes with the drawing: why it costs what it costs, the chosen part's layers, and the drawing as a file."""
    selected = st.session_state.get(_UNIT)
    unit = next((unit for unit in outline(analysis) if unit.path == selected), None) if selected else None
    why = reason(analysis, original, _measure())
    paragraphs = [*([plain(why)] if why else []), *([_layers(unit)] if unit else [])]
    if paragraphs:
        words.markdown("\n\n".join(paragraphs))
    save.download_button(
        "SVG",
        svg,
        file_name=f"{name}.svg",
        mime="image/svg+xml",
        icon=":material/download:",
        type="tertiary",
        help="The drawing, for a slide.",
        on_click="ignore",
    )


def _measure() -> CostName:
    measure: CostName = st.session_state.get(_MEASURE, "macs")
    return measure


def _open_or_close(path: str) -> None:
    st.session_state[_UNIT] = None if path == st.session_state.get(_UNIT) else path


def _layers(unit: Section) -> str:
    times = f" × {unit.repeat}" if unit.repeat > 1 else ""
    shapes = f"{shape(unit.input_shape)} → {shape(unit.output_shape)}"
    lines = [f"**{plain(unit.title)}**, `{unit.path}` ({unit.type}{times}): {shapes}", ""]
    for row in unit.rows:
        words = formula(row) or f"{shape(row.input_shape)} → {shape(row.output_shape)}"
        params = f", {exact(row.params)} parameters" if row.params and not row.macs else ""
        lines.append(f"- `{row.path}` {row.type}: {words}{params}")
    return "\n".join(lines)
