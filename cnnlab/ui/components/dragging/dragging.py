"""Draws only a part of a page while the thumb of a live slider moves: the fragment that shows this component.

The sliders of the page send what a thumb passes to it, and to their own fragment where the thumb rests.
"""

import streamlit as st

from cnnlab.ui.components.mount import component
from cnnlab.ui.components.sliders.sliders import Take, take_changes

_mount = component(__name__)


def follow_dragging(take: Take, *, key: str) -> None:
    """Has the fragment that calls it drawn while a thumb moves, once `take` has the values that it passes."""
    answered = f"{key}.answered"

    def on_change() -> None:
        request = st.session_state[key].moved
        if request is not None:
            st.session_state[answered] = take_changes(request, take)

    _mount(data={"answered": st.session_state.get(answered)}, key=key, on_moved_change=on_change, height=1)
