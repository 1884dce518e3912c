"""The ribbon on the page: a drawing whose slabs can be chosen with a click or the keyboard."""

from collections.abc import Callable

import streamlit as st

from cnnlab.ui.components.mount import component

_mount = component(__name__)


def ribbon_view(svg: str, *, key: str, choose: Callable[[str], None] | None = None) -> None:
    """Shows the drawing, which must be of our own making; `choose` gets the path of a slab that is chosen."""

    def pass_on() -> None:
        path = st.session_state[key].chosen
        if choose is not None and path is not None:
            choose(path)

    _mount(data={"svg": svg}, key=key, on_chosen_change=pass_on, height="content")
