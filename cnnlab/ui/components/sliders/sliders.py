"""Numbers that are dragged or typed, each with its title, its help, its problems and a button that takes a change back.

Many are one element of the page, because each element costs time at every change. The values are the server's: a row
shows what it is given, but for what has been moved or typed since, which is sent again until it is answered.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from cnnlab.ui.components.mount import component
from cnnlab.words.reading import LARGEST

Change = int | float | str | None
"""A new value, the remedy pressed, or None to take the change back."""

Take = Mapping[str, Callable[[Change], None]]
"""What takes the change of each row, by its key."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A sentence, in which names between backticks are code, and the buttons below it."""

    sentence: str
    remedies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SliderRow:
    """A number: `usual` is what it is taken back to, or None if there is nothing to take back.

    The slider goes from `low` to `high`, or over the `stops`; without a `low` there is only the number field. `limits`
    are what the field accepts; without them it accepts any number.
    """

    key: str
    title: str
    help: str
    value: float
    usual: float | None
    low: float | None
    high: float | None
    step: float
    stops: tuple[float, ...] = ()
    limits: tuple[float, float] | None = None
    problems: tuple[RowProblem, ...] = ()


_mount = component(__name__)


def sliders(rows: Sequence[SliderRow], *, key: str, is_live: bool, take: Take) -> None:
    """Shows the rows, whose changes `take` takes.

    Those that are live send their value while they are dragged, the others when they are released.
    """
    answered = f"{key}.answered"

    def on_change() -> None:
        request = st.session_state[key].moved
        if request is not None:
            st.session_state[answered] = take_changes(request, take)

    data = {"rows": [asdict(row) for row in rows], "is_live": is_live, "answered": st.session_state.get(answered)}
    _mount(data=data, key=key, on_moved_change=on_change, height="content")


def take_changes(request: Mapping[str, Any], take: Take) -> str:
    """Has each change of a request taken, and returns its id, with which it is answered."""
    for name, value in request["changes"]:
        if name in take and _is_change(value):
            take[name](value)
    answer: str = request["id"]
    return answer


def _is_change(value: object) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return abs(value) <= LARGEST  # infinity is not, nor what is no number
    return value is None or isinstance(value, str)
