"""Pictures side by side, with words below them; one of them can be chosen."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from cnnlab.ui.components.mount import component

_mount = component(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """`source` is its address, which may hold the picture itself; `name` says in words what it shows."""

    source: str
    name: str
    caption: str = ""


def pictures(
    shown: Sequence[Picture],
    *,
    side: int,
    key: str,
    abreast: int = 1,
    chosen: int | None = None,
    choose: Callable[[int], None] | None = None,
) -> None:
    """Shows the pictures, each `side` pixels wide, or less where not as many as `abreast` have room in a row.

    With `choose`, each is a button, and the function gets the index of the one that was pressed.
    """

    def on_change() -> None:
        index = st.session_state[key].chosen
        if choose is not None and index is not None:
            choose(int(index))

    data = {
        "pictures": [*map(asdict, shown)],
        "side": side,
        "abreast": abreast,
        "is_choosable": choose is not None,
        "chosen": chosen,
    }
    _mount(data=data, key=key, on_chosen_change=on_change, height="content")
