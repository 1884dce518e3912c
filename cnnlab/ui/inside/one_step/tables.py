"""A table of tensors: HTML, which is large and can be searched, where it is short, and else one that scrolls."""

from collections.abc import Mapping, Sequence

import streamlit as st

from cnnlab.ui.markdown import verbatim

MOST_ROWS = 24
"""Of a table that does not scroll."""


def show_rows(rows: Sequence[Mapping[str, str]], *, key: str) -> None:
    """The rows, whose values are names of tensors and numbers."""
    if len(rows) <= MOST_ROWS:
        st.table([{title: verbatim(value) for title, value in row.items()} for row in rows])
    else:
        st.dataframe(list(rows), hide_index=True, height=520, key=key)
