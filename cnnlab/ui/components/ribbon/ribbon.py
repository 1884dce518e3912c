"""The ribbon on the page: a drawing whose layers can be selected with a click or the keyboard."""

from collections.abc import Callable

import streamlit as st

from cnnlab.ui.components.mount import component

_mount = component(__name__)


def ribbon_view(svg: str, *, key: str, choose: Callable[[str], None] | None = None) -> None:
    """Shows the drawing, which must not contain text from users unescaped; `choose` gets the selected layer's path."""

    def on_change() -> None:
        path = st.session_state[key].chosen
        if choose is not None and path is not None:
            choose(path)

    _mount(data={"svg": svg}, key=key, on_chosen_change=on_change, height="content")
