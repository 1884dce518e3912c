"""A table of large numbers, legible on a projector: a note below each number, a coloured letter before each row.

It is an HTML table, so it can be searched, copied and read by a screen reader. Rows may have buttons.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from cnnlab.ui.components.mount import component

Tone = Literal["good", "bad", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A number: `note` is below `text`, in the colour of its `tone`; `help` is a tooltip."""

    text: str
    note: str = ""
    tone: Tone = "none"
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button of a row: `number_table` returns `name`, the button shows `label`."""

    name: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRow:
    """A row: `letter` in `ink` on a square of `colour`, then `name` with `note` below it and `tag` beside it.

    A quiet row has smaller numbers.
    """

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
    """A column's heading; `help` is its tooltip."""

    title: str
    help: str = ""


_mount = component(__name__)


def number_table(
    columns: Sequence[Column], rows: Sequence[NumberRow], *, caption: str, key: str
) -> tuple[str, int] | None:
    """Shows the table; returns the name of the button that was just pressed and the index of its row, or None.

    The first column has the rows' names.
    """
    data = {"caption": caption, "columns": [asdict(c) for c in columns], "rows": [asdict(row) for row in rows]}
    pressed = _mount(data=data, key=key, on_pressed_change=lambda: None, height="content").pressed
    return (str(pressed["name"]), int(pressed["row"])) if pressed else None
