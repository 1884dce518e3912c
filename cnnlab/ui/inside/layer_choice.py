"""Which layer of the network a view is about: that of the address, or one that the visitor picks."""

from collections.abc import Sequence

import streamlit as st

from cnnlab.insight.layers import find_layer
from cnnlab.spec import Refused
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.markdown import plain
from cnnlab.ui.state.inside import go
from cnnlab.walk import Layer
from cnnlab.words.numbers import shape

_LAYER = "inside.layer.name"


def known_layer(subject: Subject, rows: Sequence[Layer]) -> int | None:
    """The index of the layer that the address names; None, with a sentence on the page, where there is none."""
    if not subject.layer:
        return None
    try:
        return find_layer(rows, subject.layer)
    except Refused as refused:
        st.warning(plain(str(refused)), icon=":material/link_off:")
        return None


def pick_layer(rows: Sequence[Layer], shown: Layer) -> Layer:
    """The layer that is chosen of these, which includes the one shown; another choice changes the address."""
    # Of several operations of one name only the last can be asked for.
    named = {row.path: row for row in rows}
    st.session_state[_LAYER] = shown.path
    st.selectbox(
        "Layer",
        list(named),
        format_func=lambda path: f"{path} · {named[path].type} · {shape(named[path].output_shape)}",
        key=_LAYER,
        on_change=lambda: go(layer=st.session_state[_LAYER]),
    )
    return named[shown.path]
