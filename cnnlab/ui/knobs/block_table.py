"""The blocks of a custom network as a table: change a cell, add a row, move a block."""

from functools import partial
from typing import Any

import streamlit as st

from cnnlab.architectures.custom.blocks import BLOCKS
from cnnlab.architectures.custom.network import MOST_BLOCKS
from cnnlab.spec import Refused, Setting, Value, text_of
from cnnlab.ui.knobs.row_table import RowValues, as_number, edit_rows

KIND = "block"
NEW_KIND = "convolution"
_PLACE = "blocks.place"


def show_block_table(values: dict[str, Value]) -> None:
    """The table, which changes `values["blocks"]`, and buttons that move, copy and remove a block."""
    blocks = values["blocks"]
    assert isinstance(blocks, tuple)
    texts = tuple(map(str, blocks))
    rows = [row_of(text) for text in texts]
    used = {name: setting for name, setting in _columns().items() if any(name in row for row in rows)}
    with st.container(border=True, key="blocks"):
        # Beside the heading: at the right, the table's own buttons would lie over it.
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader("Blocks", anchor=False, width="content")
            with st.popover("What each block does", icon=":material/help:", type="tertiary"):
                st.markdown("\n".join(f"- **{_words(kind)}**: {block.idea}" for kind, block in BLOCKS.items()))
        edit_rows(
            rows,
            key="blocks",
            columns={
                KIND: st.column_config.SelectboxColumn(
                    "Block", options=list(BLOCKS), format_func=_words, default=NEW_KIND, required=True
                ),
                **{name: _column(setting) for name, setting in used.items()},
            },
            alt="The blocks of the network, in order, with their values",
            take=partial(_take, values),
            kind=KIND,
        )
        _show_moves(values, texts)


def _take(values: dict[str, Value], rows: list[RowValues]) -> list[RowValues]:
    texts = tuple(text_of_row(row) for row in rows)
    values["blocks"] = texts
    return [row_of(text) for text in texts]


def _show_moves(values: dict[str, Value], texts: tuple[str, ...]) -> None:
    if not texts:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if st.session_state.get(_PLACE, 0) >= len(texts):
            st.session_state[_PLACE] = len(texts) - 1
        i = st.selectbox(
            "Block to move",
            range(len(texts)),
            format_func=lambda i: f"{i + 1} · {_words(texts[i].partition(' ')[0])}",
            key=_PLACE,
            width=260,
        )
        moves = {
            "Up": (i > 0, ":material/arrow_upward:", _swapped(texts, i - 1), -1),
            "Down": (i + 1 < len(texts), ":material/arrow_downward:", _swapped(texts, i), 1),
            "Copy": (len(texts) < MOST_BLOCKS, ":material/content_copy:", [*texts[: i + 1], *texts[i:]], 1),
            "Remove": (True, ":material/delete:", [*texts[:i], *texts[i + 1 :]], 0),
        }
        for name, (can, icon, changed, step) in moves.items():
            st.button(
                name,
                icon=icon,
                type="tertiary",
                disabled=not can,
                key=f"blocks.{name.lower()}",
                on_click=partial(_move, values, tuple(changed), i + step),
            )


def _swapped(texts: tuple[str, ...], i: int) -> list[str]:
    return [*texts[:i], *texts[i + 1 : i + 2], *texts[i : i + 1], *texts[i + 2 :]]


def _move(values: dict[str, Value], texts: tuple[str, ...], place: int) -> None:
    values["blocks"] = texts
    st.session_state[_PLACE] = max(0, min(place, len(texts) - 1))


def row_of(text: str) -> RowValues:
    """The kind, and the values of the text or else the defaults; what cannot be read is left out."""
    kind, *words = text.split() or [""]
    settings = BLOCKS[kind].settings() if kind in BLOCKS else {}
    row: RowValues = {KIND: kind, **{name: setting.default for name, setting in settings.items()}}
    for word in words:
        name, _, written = word.partition("=")
        if name in settings:
            try:
                row[name] = settings[name].parse(written)
            except Refused:
                continue
    return row


def text_of_row(row: RowValues) -> str:
    """The row as the text of a block; empty cells, defaults, and cells that its kind does not use are left out."""
    kind = row.get(KIND) or NEW_KIND
    settings = BLOCKS[kind].settings() if kind in BLOCKS else {}
    changed = {name: row[name] for name, setting in settings.items() if row.get(name) not in (None, setting.default)}
    words = [f"{name}={text_of(as_number(settings[name], value))}" for name, value in changed.items()]
    return " ".join([kind, *words])


def _words(kind: object) -> str:
    return str(kind).replace("_", " ")


def _columns() -> dict[str, Setting]:
    """The settings of all blocks, by name, in the order of their first occurrence."""
    columns: dict[str, Setting] = {}
    for block in BLOCKS.values():
        for name, setting in block.settings().items():
            columns.setdefault(name, setting)
    return columns


def _column(setting: Setting) -> Any:
    step = setting.knob.step or 1
    return st.column_config.NumberColumn(setting.title, help=setting.help, step=step)
