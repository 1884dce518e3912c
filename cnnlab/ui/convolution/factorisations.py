"""Factorised convolutions: their drawing and their cost."""

import streamlit as st

from cnnlab.analysis.convolution.factorisations import (
    PAIR_NAMES,
    Alternative,
    Factorisation,
    FactorisationSpec,
    factorisation,
)
from cnnlab.figures.convolution.factorisation import draw_factorisation, written_weights
from cnnlab.spec import Refused
from cnnlab.ui.components.drawing.drawing import drawing
from cnnlab.ui.knobs.row import Values
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.numbers import change, count, exact, share

_PAIR = "convolution.pair"


def show_factors(chosen: FactorisationSpec, values: Values) -> None:
    """The chosen pair with its drawing, and all pairs in a table."""
    if st.session_state.get(_PAIR) != chosen.pair:
        st.session_state[_PAIR] = chosen.pair
    st.pills(
        "Factorisation",
        list(PAIR_NAMES),
        format_func=PAIR_NAMES.__getitem__,
        required=True,
        key=_PAIR,
        on_change=lambda: values.update(pair=st.session_state[_PAIR]),
        label_visibility="collapsed",
    )
    pair = factorisation(chosen)
    with st.container(border=True):
        st.header(plain(pair.title), anchor=False)
        st.markdown(plain(pair.idea))
        wide, narrow = (draw_factorisation(pair, theme=theme(), is_narrow=is_narrow) for is_narrow in (False, True))
        drawing(wide, narrow=narrow, key="convolution.pair.drawing")
        st.caption(plain(f"Source: {pair.source}. Weights without biases and normalisations."))
    _show_numbers(pair)
    _show_all(chosen)


def _show_numbers(pair: Factorisation) -> None:
    before, after = pair.before, pair.after
    cards = [
        ("Weights", count(after.params), change(after.params, before.params), after.params - before.params),
        ("MACs", count(after.macs), change(after.macs, before.macs), after.macs - before.macs),
        ("Receptive field", _window(after), f"before: {_window(before)}", 0),
        ("Output channels", exact(after.out_channels), f"before: {exact(before.out_channels)}", 0),
    ]
    for column, (label, number, words, more) in zip(st.columns(len(cards)), cards, strict=True):
        column.metric(
            label,
            number,
            delta=words,
            delta_color="off" if more == 0 else "green" if more < 0 else "orange",
            delta_arrow="off",
            border=True,
        )


def _window(side: Alternative) -> str:
    return f"{side.window[0]}×{side.window[1]}"


def _show_all(chosen: FactorisationSpec) -> None:
    """A row for each pair, with the same knobs."""
    st.header("All factorisations", anchor=False)
    rows: dict[str, list[str]] = {"Convolution": [], "Factorisation": [], "Weights": [], "Relative cost": []}
    for name in PAIR_NAMES:
        try:
            pair = factorisation(chosen.replace(pair=name))
        except Refused:
            continue
        rows["Convolution"].append(pair.before.title)
        rows["Factorisation"].append(pair.after.title)
        rows["Weights"].append(" → ".join(written_weights(pair)))
        rows["Relative cost"].append(share(pair.share))
    st.table(rows)
