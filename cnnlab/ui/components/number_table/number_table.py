"""A table to be read from afar: large numbers with a word below each, and a letter in its colour before each row.

It is a table of the page's own language, so it can be searched, copied and read aloud; buttons in a row say which was
pressed.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from cnnlab.ui.components.mount import component

Tone = Literal["good", "bad", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`note` stands below `text`, in the colour of its tone; `help` appears when the pointer rests on it."""

    text: str
    note: str = ""
    tone: Tone = "none"
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button of a row: `name` is what the caller gets, `label` what is read."""

    name: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`letter` in a field of `colour`, written in `ink`, then the name; a tag says something special about the row."""

    name: str
    cells: Sequence[Cell]
    note: str = ""
    tag: str = ""
    letter: str = ""
    colour: str = ""
    ink: str = ""
    is_quiet: bool = False
    actions: Sequence[Action] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A title, and what it means."""

    title: str
    help: str = ""


_mount = component(__name__)


def number_table(columns: Sequence[Column], rows: Sequence[Row], *, caption: str, key: str) -> tuple[str, int] | None:
    """Shows the table, and returns the action that was just pressed with the place of its row, or None.

    The first column is the rows' names.
    """
    data = {"caption": caption, "columns": [asdict(c) for c in columns], "rows": [asdict(row) for row in rows]}
    pressed = _mount(data=data, key=key, on_pressed_change=lambda: None, height="content").pressed
    return (str(pressed["name"]), int(pressed["row"])) if pressed else None
