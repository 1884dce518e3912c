"""The headline numbers of a network: what is big about it, and how that changed against its preset."""

from typing import Literal

import streamlit as st

from cnnlab.analysis import Analysis
from cnnlab.ui.explore.closer_look import partial_totals
from cnnlab.ui.markdown import plain
from cnnlab.ui.paths import MEASURES_DOCUMENT
from cnnlab.words.numbers import change, count, exact, size

_PARTIAL = frozenset({"macs", "activation_bytes"})
"""The headline numbers that leave out what nobody counted."""


def show_headline(analysis: Analysis, original: Analysis, name: str) -> None:
    """A card for each number, with its change against `original`, the preset `name`."""
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
    place = st.container(horizontal=True, key="explore.numbers")
    for label, write_number, measure, words in cards:
        new, old = getattr(analysis, measure), getattr(original, measure)
        colour: Literal["off", "green", "orange"] = "off" if new == old else "green" if new < old else "orange"
        if analysis.problem is not None:
            delta, colour = "up to the break", "off"
        elif analysis.unknown and measure in _PARTIAL:
            delta, colour = "at least this", "orange"
        else:
            delta = change(new, old, fewer="less" if write_number is size else "fewer")
        place.metric(
            label,
            write_number(new),
            delta=delta,
            delta_color=colour,
            delta_arrow="off",
            help=f"{words} Compared with {name}: {exact(old)}.",
            border=True,
        )


def explain_headline(analysis: Analysis) -> None:
    """What the numbers are of, what they leave out, and a button that opens what they mean."""
    if analysis.unknown:
        st.warning(plain(partial_totals(analysis.unknown)), icon=":material/rule:")
    fits = "The shapes fit in eval and in train mode." if analysis.problem is None else "The shapes break."
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"For one image in float32. {fits}", width="content")
        if st.button(
            "What do these numbers mean?", icon=":material/menu_book:", type="tertiary", key="explore.measures"
        ):
            _show_measures()


@st.dialog("What the numbers mean", width="large")
def _show_measures() -> None:
    st.markdown(MEASURES_DOCUMENT.read_text(encoding="utf-8"))
