"""Rows that are edited as a table, without losing the position of the cursor.

A table that is given new rows forgets where the cursor was. So it keeps the rows that it began with, and the browser
what was typed into it since; it starts again only when rows are added or removed, or when the rows change elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from cnnlab.spec import Scalar, Setting
from cnnlab.words.reading import LARGEST

RowValues = dict[str, Any]

ROW_HEIGHT, MOST_ROWS_SHOWN = 37, 12


def edit_rows(
    rows: Sequence[RowValues],
    *,
    key: str,
    columns: Mapping[str, Any],
    alt: str,
    take: Callable[[list[RowValues]], Sequence[RowValues]],
    is_fixed: bool = False,
) -> None:
    """A table of `rows` with these columns; after an edit `take` gets all rows, and returns the rows to show.

    With `is_fixed` rows are neither added nor deleted.
    """
    state = st.session_state.setdefault(f"{key}.rows", {"version": 0})
    if state.get("shown") != list(rows):
        _begin(state, rows)
    widget = f"{key}.table.{state['version']}"
    frame = pd.DataFrame(state["base"], columns=list(columns))
    if is_fixed:
        frame.index += 1  # rows are called by their number
    st.data_editor(
        frame,
        key=widget,
        num_rows="fixed" if is_fixed else "dynamic",
        placeholder="",
        alt=alt,
        on_change=partial(_take, state, widget, take),
        height=ROW_HEIGHT * (min(len(state["base"]), MOST_ROWS_SHOWN) + (1 if is_fixed else 2)) + 2,
        column_config={"_index": st.column_config.Column("Row"), **columns},
    )


def _begin(state: dict[str, Any], rows: Sequence[RowValues]) -> None:
    state.update(base=list(rows), shown=list(rows), version=state["version"] + 1)


def _take(state: dict[str, Any], widget: str, take: Callable[[list[RowValues]], Sequence[RowValues]]) -> None:
    edits, base = st.session_state[widget], state["base"]
    rows = state["shown"] = list(take(edited(base, edits["edited_rows"], edits["added_rows"], edits["deleted_rows"])))
    if len(rows) != len(base):
        _begin(state, rows)


def as_number(setting: Setting, cell: Scalar) -> Scalar:
    """The cell of a table; the browser may send whole numbers as 3.0, and larger ones than a table can show."""
    if setting.kind != "whole" or not isinstance(cell, int | float):
        return cell
    cell = min(max(cell, -LARGEST), LARGEST)
    return int(cell) if float(cell).is_integer() else cell


def edited(
    base: Sequence[RowValues], changed: Mapping[int, RowValues], added: Sequence[RowValues], deleted: Sequence[int]
) -> list[RowValues]:
    """The rows after the edits of a table: changed cells by row, new rows, and deleted rows."""
    return [*({**row, **changed.get(i, {})} for i, row in enumerate(base) if i not in deleted), *map(dict, added)]
