"""How a visitor looks at a comparison: which axes, which curve, which two networks. It is in the address, too."""

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st

FIELDS = ("x", "y", "along", "other", "parts")
"""The parameters' names; what is as usual is left out."""

Option = TypeVar("Option", bound=str)

_STATE, _SENTENCES = "how the comparison is looked at", "refused ways to look at the comparison"


def view() -> dict[str, str]:
    """What the visitor chose, by field, at first what the address says."""
    if _STATE not in st.session_state:
        given = st.query_params.to_dict()
        st.session_state[_STATE] = {field: given[field] for field in FIELDS if field in given}
        st.session_state[_SENTENCES] = []
    chosen: dict[str, str] = st.session_state[_STATE]
    return chosen


def refused_views() -> list[str]:
    """A sentence for each field of the address that named nothing that is there."""
    view()
    sentences: list[str] = st.session_state[_SENTENCES]
    return sentences


def current(field: str, options: Mapping[Option, str], usual: Option) -> Option:
    """The option that is chosen, or the usual one; a choice that is not there is forgotten, with a sentence."""
    chosen = view().get(field, usual)
    for option in options:
        if option == chosen:
            return option
    del view()[field]
    refused_views().append(f"`{field}` must be one of {', '.join(options)}, and it is {chosen!r}: {usual} is used.")
    return usual


def select(field: str, label: str, options: Mapping[Option, str], usual: Option, *, as_buttons: bool = False) -> Option:
    """A widget that shows the choice and changes it; `options` are names and what people read."""
    key = f"compare.{field}"
    st.session_state[key] = current(field, options, usual)

    def change() -> None:
        if st.session_state[key] in (None, usual):
            view().pop(field, None)
        else:
            view()[field] = st.session_state[key]

    if as_buttons:
        st.segmented_control(
            label,
            list(options),
            format_func=options.__getitem__,
            key=key,
            on_change=change,
            required=True,
            label_visibility="collapsed",
        )
    else:
        st.selectbox(label, list(options), format_func=options.__getitem__, key=key, on_change=change)
    return current(field, options, usual)
