"""Three hints for somebody who sees the lab for the first time."""

import streamlit as st

from cnnlab.ui.components.hints.hints import Hint, hints
from cnnlab.ui.state.address import given_parameters, is_projecting

_IS_OPENED_PLAIN = "Explore was opened without a link"

HINTS = (
    Hint("network", "Pick a network on the left.", narrow="Open » above to pick a network."),
    Hint("knobs", "Drag a knob and watch the numbers.", narrow="Drag a knob and watch the numbers."),
    Hint("link", "Send this page with Copy link.", narrow="Send this page with Copy link."),
)


def show_hints() -> None:
    """The hints, but not to a class that looks at a projector, nor to somebody who follows a link to one network."""
    is_opened_plain = st.session_state.setdefault(_IS_OPENED_PLAIN, not given_parameters())
    if is_opened_plain and not is_projecting():
        hints(HINTS, key="explore.hints")
