"""Lists of one common length, too long for a slider each, as a table: a row for each stage, block or module."""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from cnnlab.spec import Scalar, Setting, Value
from cnnlab.ui.knobs.row_table import RowValues, as_number, edit_rows

MOST_SLIDERS = 24
"""More entries than these are a table."""


def in_tables(settings: Iterable[Setting], reference: Mapping[str, Value]) -> dict[str, list[Setting]]:
    """The lists of a spec that are shown as tables, by what each row is."""
    together: dict[str, list[Setting]] = {}
    for setting in settings:
        if setting.knob.per is not None:
            together.setdefault(setting.knob.per, []).append(setting)
    sizes = {per: sum(map(len, _lists(members, reference).values())) for per, members in together.items()}
    return {per: members for per, members in together.items() if sizes[per] > MOST_SLIDERS}


def _lists(settings: Iterable[Setting], values: Mapping[str, Value]) -> dict[str, tuple[Scalar, ...]]:
    return {setting.name: entries for setting in settings if isinstance(entries := values[setting.name], tuple)}


def show_list_tables(
    settings: Mapping[str, Setting],
    values: dict[str, Value],
    *,
    reference: Mapping[str, Value],
    key: str,
    hidden: Collection[str] = (),
) -> None:
    """A table for each such group of lists, each showing and changing its entries of `values`, but `hidden`."""
    for per, members in in_tables(settings.values(), reference).items():
        columns = {setting.name: _column(setting) for setting in members if setting.name not in hidden}
        if not columns:
            continue
        usual = {name: reference[name] for name in columns}
        changed = any(values[name] != value for name, value in usual.items())
        with st.container(border=True, key=f"{key}.{per}.card"):
            # Beside the heading: at the right, the table's own buttons would lie over it.
            with st.container(horizontal=True, vertical_alignment="center"):
                # The columns' own explanations are for the mouse alone.
                explained = "\n".join(f"- {_title(setting)}: {setting.help}" for setting in members)
                st.header(per.capitalize(), anchor=False, width="content", help=explained)
                st.button(
                    "Reset",
                    icon=":material/undo:",
                    type="tertiary",
                    disabled=not changed,
                    key=f"{key}.{per}.back",
                    on_click=partial(values.update, usual),
                )
            edit_rows(
                rows_of(members, values),
                key=f"{key}.{per}",
                columns=columns,
                alt=f"The {per} of the network, in order",
                take=partial(_take, members, values),
            )


def rows_of(settings: list[Setting], values: Mapping[str, Value]) -> list[RowValues]:
    """One row for each entry of the lists; where a list is shorter than another, its cell is empty."""
    lists = _lists(settings, values)
    return [
        {name: entries[i] for name, entries in lists.items() if i < len(entries)}
        for i in range(max(map(len, lists.values())))
    ]


def _take(settings: list[Setting], values: dict[str, Value], rows: list[RowValues]) -> list[RowValues]:
    values.update(lists_of(settings, rows))
    return rows_of(settings, values)


def lists_of(settings: list[Setting], rows: list[RowValues]) -> dict[str, Value]:
    """The lists that these rows make; an empty cell is as the one above it."""
    lists: dict[str, Value] = {}
    for setting in settings:
        default = setting.default
        assert isinstance(default, tuple)
        entries: list[Scalar] = []
        for row in rows:
            cell = row.get(setting.name)
            entries.append((entries or default)[-1] if cell is None else as_number(setting, cell))
        lists[setting.name] = tuple(entries)
    return lists


def _title(setting: Setting) -> str:
    """What is left of "Module {}: 3×3" and "Channels of stage {}": 3×3 and Channels."""
    return re.sub(r"^\w+ {}: | (of|in) [\w ]+ {}$", "", setting.knob.element or setting.title)


def _column(setting: Setting) -> Any:
    title = _title(setting)
    if setting.kind == "choice":
        return st.column_config.SelectboxColumn(title, help=setting.help, options=list(setting.choices), required=True)
    if setting.kind == "switch":
        return st.column_config.CheckboxColumn(title, help=setting.help)
    return st.column_config.NumberColumn(title, help=setting.help, step=1 if setting.kind == "whole" else None)
