"""Whoever knows the teacher's token may see to the runs of all."""

import streamlit as st

from cnnlab.runs import Run
from cnnlab.runs.permissions import is_teacher, may_change
from cnnlab.runs.settings import Settings
from cnnlab.ui.visitor import visitor

_TOKEN = "teacher's token"


def ask_for_token(settings: Settings) -> bool:
    """A field for the token, where there is one; whether the visitor is the teacher."""
    if not settings.teacher_token:
        return False
    with st.popover("Teacher", icon=":material/school:"):
        st.text_input("Teacher's token", type="password", key=f"{_TOKEN}, typed", on_change=_keep)
        if is_teacher(settings, token()):
            st.caption("You may pause, stop and delete the runs of all, and let one go first.")
        elif token():
            st.caption("That is not the token in the settings of this machine.")
    return is_teacher(settings, token())


def token() -> str:
    """What the visitor has typed as the token."""
    return str(st.session_state.get(_TOKEN, ""))


def may_see_to(run: Run, settings: Settings) -> bool:
    """Whether the visitor may change the run."""
    return may_change(run, settings, owner=visitor(), token=token())


def _keep() -> None:
    """Keep what was typed when the field is on no page."""
    st.session_state[_TOKEN] = st.session_state[f"{_TOKEN}, typed"]
