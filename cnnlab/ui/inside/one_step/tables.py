"""A table of tensors: HTML, which is large and can be searched, where it is short, and else one that scrolls."""

from collections.abc import Mapping, Sequence

import streamlit as st

MOST_ROWS = 24
"""Of a table that does not scroll."""


def show_rows(rows: Sequence[Mapping[str, str]], *, key: str) -> None:
    """The rows, whose values are names of tensors and numbers."""
    if len(rows) <= MOST_ROWS:
        st.table(
            [{title: f"`{value}`" if i == 0 else value for i, (title, value) in enumerate(row.items())} for row in rows]
        )
    else:
        st.dataframe(list(rows), hide_index=True, height=520, key=key)
