"""The headline numbers of a network: what is big about it, and how that changed against its preset."""

from typing import Literal

import streamlit as st

from cnnlab.analysis import Analysis
from cnnlab.analysis.entries import Entry
from cnnlab.analysis.measures import HEADLINE, MEASURES, Measure
from cnnlab.ui.explore.closer_look import partial_totals
from cnnlab.ui.markdown import plain
from cnnlab.ui.paths import MEASURES_DOCUMENT
from cnnlab.words.numbers import exact


def show_headline(analysis: Analysis, original: Analysis, name: str) -> None:
    """A card for each headline measure, with its change against `original`, the preset `name`."""
    network, base = Entry(name="", analysis=analysis), Entry(name=name, analysis=original)
    place = st.container(horizontal=True, key="explore.numbers")
    for measure in (MEASURES[name] for name in HEADLINE):
        new, old = measure.of(network), measure.of(base)
        delta, colour = _delta(measure, analysis, new, old)
        notes = [measure.help, f"Exactly: {measure.exact_text(new)}.", f"{name}: {measure.exact_text(old)}."]
        if measure.name == "params" and analysis.auxiliary_params:
            count = exact(analysis.auxiliary_params)
            notes.insert(2, f"{count} of them are in auxiliary heads, which are used only in training.")
        place.metric(
            measure.title,
            measure.text(new),
            delta=delta,
            delta_color=colour,
            delta_arrow="off",
            help=" ".join(notes),
            border=True,
        )


def _delta(
    measure: Measure, analysis: Analysis, new: float | None, old: float | None
) -> tuple[str, Literal["off", "green", "orange"]]:
    """What stands below a number, and its colour."""
    if analysis.problem is not None:
        return "up to the layer that fails", "off"
    if analysis.unknown and measure.may_be_partial:
        return "lower bound", "orange"
    if new is None or old is None or new == old:
        return measure.change_text(new, old), "off"
    return measure.change_text(new, old), "green" if new < old else "orange"


def explain_headline(analysis: Analysis) -> None:
    """What the numbers are of, what they leave out, and a button that opens what they mean."""
    if analysis.unknown:
        st.warning(plain(partial_totals(analysis.unknown)), icon=":material/rule:")
    fits = "The shapes fit in eval and in train mode." if analysis.problem is None else "The shapes do not fit."
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"For one image in float32. {fits}", width="content")
        if st.button(
            "What do these numbers mean?", icon=":material/menu_book:", type="tertiary", key="explore.measures"
        ):
            _show_measures()


@st.dialog("What the numbers mean", width="large")
def _show_measures() -> None:
    _, _, text = MEASURES_DOCUMENT.read_text(encoding="utf-8").partition("\n")  # its title is that of the dialog
    st.markdown(text)
