"""The blocks of a custom network: a table of their values, and below it what adds, changes, moves and removes one."""

from functools import partial
from typing import Any

import streamlit as st

from cnnlab.architectures.custom.block_problems import MOST_BLOCKS
from cnnlab.architectures.custom.blocks import BLOCKS
from cnnlab.spec import Refused, Setting, Value, text_of
from cnnlab.ui.knobs.row_table import RowValues, as_number, edit_rows

KIND = "block"
_PLACE, _ADDED, _CHANGED = "blocks.place", "blocks.add", "blocks.kind"


def show_block_table(values: dict[str, Value]) -> None:
    """The table, which changes `values["blocks"]`, and what adds, changes, moves and removes a block."""
    blocks = values["blocks"]
    assert isinstance(blocks, tuple)
    texts = tuple(map(str, blocks))
    rows = [row_of(text) for text in texts]
    used = {name: setting for name, setting in _columns().items() if any(name in row for row in rows)}
    with st.container(border=True, key="blocks"):
        # Beside the heading: at the right, the table's own buttons would lie over it.
        with st.container(horizontal=True, vertical_alignment="center"):
            st.header("Blocks", anchor=False, width="content")
            if st.button("What each block does", icon=":material/help:", type="tertiary", key="blocks.explain"):
                _explain()
            st.button(
                "Start from nothing",
                icon=":material/delete_sweep:",
                type="tertiary",
                disabled=not texts,
                key="blocks.clear",
                on_click=partial(_become, values, (), 0),
            )
        if texts:
            edit_rows(
                rows,
                key="blocks",
                columns={
                    KIND: st.column_config.TextColumn("Block", disabled=True),
                    **{name: _column(setting) for name, setting in used.items()},
                },
                alt="The blocks of the network, in order, with their values",
                take=partial(_take, values),
                is_fixed=True,
            )
        else:
            st.caption("No blocks yet: only a dense layer from the pixels to the classes. Add the first one.")
        _show_changes(values, texts)


def _take(values: dict[str, Value], rows: list[RowValues]) -> list[RowValues]:
    texts = tuple(text_of_row(row) for row in rows)
    values["blocks"] = texts
    return [row_of(text) for text in texts]


def _show_changes(values: dict[str, Value], texts: tuple[str, ...]) -> None:
    last = len(texts) - 1
    i = min(st.session_state.get(_PLACE) or 0, last)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if texts:
            st.session_state[_PLACE] = i
            st.selectbox("Selected block", range(len(texts)), format_func=partial(_label, texts), key=_PLACE, width=210)
            _offer_kinds(values, texts, i)
        st.session_state[_ADDED] = None
        st.selectbox(
            "Add a block",
            list(BLOCKS),
            index=None,
            placeholder="+ After the selected one" if texts else "+ The first block",
            format_func=_words,
            key=_ADDED,
            disabled=len(texts) >= MOST_BLOCKS,
            on_change=partial(_add, values, texts),
            width=230,
        )
        if texts:
            _show_moves(values, texts, i)


def _offer_kinds(values: dict[str, Value], texts: tuple[str, ...], i: int) -> None:
    kind = _kind(texts[i])
    st.session_state[_CHANGED] = kind
    st.selectbox(
        "Its kind",
        list(dict.fromkeys((*BLOCKS, kind))),  # an unknown kind of a link stays, with its problem beside it
        format_func=_words,
        key=_CHANGED,
        on_change=lambda: _become(values, _with(texts, i, changed_kind(texts[i], st.session_state[_CHANGED])), i),
        width=210,
    )


def _show_moves(values: dict[str, Value], texts: tuple[str, ...], i: int) -> None:
    moves = {
        "Up": (i > 0, ":material/arrow_upward:", _swapped(texts, i - 1), i - 1),
        "Down": (i + 1 < len(texts), ":material/arrow_downward:", _swapped(texts, i), i + 1),
        "Copy": (len(texts) < MOST_BLOCKS, ":material/content_copy:", (*texts[: i + 1], *texts[i:]), i + 1),
        "Remove": (True, ":material/delete:", (*texts[:i], *texts[i + 1 :]), i),
    }
    for name, (can, icon, changed, place) in moves.items():
        st.button(
            name,
            icon=icon,
            type="tertiary",
            disabled=not can,
            key=f"blocks.{name.lower()}",
            on_click=partial(_become, values, changed, place),
        )


def _add(values: dict[str, Value], texts: tuple[str, ...]) -> None:
    place = (st.session_state.get(_PLACE) or 0) + 1 if texts else 0
    _become(values, (*texts[:place], st.session_state[_ADDED], *texts[place:]), place)


def _become(values: dict[str, Value], texts: tuple[str, ...], place: int) -> None:
    """Replaces the blocks, and selects the one at `place`."""
    values["blocks"] = texts
    st.session_state[_PLACE] = max(0, min(place, len(texts) - 1))


def _with(texts: tuple[str, ...], i: int, text: str) -> tuple[str, ...]:
    return (*texts[:i], text, *texts[i + 1 :])


def _swapped(texts: tuple[str, ...], i: int) -> tuple[str, ...]:
    return (*texts[:i], *texts[i + 1 : i + 2], *texts[i : i + 1], *texts[i + 2 :])


@st.dialog("What each block does", width="large")
def _explain() -> None:
    st.markdown("\n".join(f"- **{_words(kind)}**: {block.idea}" for kind, block in BLOCKS.items()))
    st.markdown("### Columns")
    st.markdown("\n".join(f"- **{setting.title}**: {setting.help}" for setting in _columns().values()))


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
    kind = str(row[KIND])
    settings = BLOCKS[kind].settings() if kind in BLOCKS else {}
    changed = {name: row[name] for name, setting in settings.items() if row.get(name) not in (None, setting.default)}
    words = [f"{name}={text_of(as_number(settings[name], value))}" for name, value in changed.items()]
    return " ".join([kind, *words])


def changed_kind(text: str, kind: str) -> str:
    """The block as another kind: it keeps the values that are usual for both kinds alike, and has defaults otherwise.

    >>> changed_kind("convolution out_channels=6 kernel_size=5", "residual")
    'residual out_channels=6 kernel_size=5'
    >>> changed_kind("convolution out_channels=6 kernel_size=5", "pooling")
    'pooling'
    """
    old, new = (BLOCKS[name].settings() if name in BLOCKS else {} for name in (_kind(text), kind))
    kept = {name for name in old.keys() & new.keys() if old[name].default == new[name].default}
    return text_of_row({KIND: kind, **{name: value for name, value in row_of(text).items() if name in kept}})


def _kind(text: str) -> str:
    return text.partition(" ")[0]


def _label(texts: tuple[str, ...], i: int) -> str:
    return f"{i + 1} · {_words(_kind(texts[i]))}"


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
