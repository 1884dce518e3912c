"""Short hints in a row. A click takes one away, or all, and a cookie keeps them away; the server is not asked."""

from dataclasses import asdict, dataclass

import streamlit as st

from cnnlab.ui.components.mount import component
from cnnlab.ui.visitors.visitor import ONE_YEAR

COOKIE = "cnnlab_hints"
"""The browser's cookie with the names of the hints that were taken away."""

SEPARATOR = "."

_mount = component(__name__)


@dataclass(frozen=True, slots=True)
class Hint:
    """A sentence, and another one where the sidebar is folded; the `name` is for the cookie."""

    name: str
    text: str
    narrow: str


def hints(known: tuple[Hint, ...], *, key: str) -> None:
    """Shows those of the hints that this browser has not taken away yet."""
    gone = st.context.cookies.get(COOKIE, "").split(SEPARATOR)
    shown = [asdict(hint) for hint in known if hint.name not in gone]
    if shown:
        data = {"hints": shown, "cookie": COOKIE, "separator": SEPARATOR, "seconds": ONE_YEAR}
        _mount(data=data, key=key, height="content")
