"""The teacher's token on the pages, and what the visitor may change with or without it."""

import streamlit as st

from cnnlab.runs import Run
from cnnlab.runs.permissions import Requester, is_teacher, may_change
from cnnlab.runs.settings import Settings
from cnnlab.ui.visitor import visitor

_TOKEN = "teacher's token"


def ask_for_token(settings: Settings) -> bool:
    """A field for the token, if the settings have one; whether the visitor is the teacher."""
    if not settings.teacher_token:
        return False
    with st.popover("Teacher", icon=":material/school:"):
        st.text_input("Teacher's token", type="password", key=f"{_TOKEN}, typed", on_change=_remember)
        if is_teacher(settings, token()):
            st.caption("You can pause, stop and delete everyone's runs, and reorder the queue.")
        elif token():
            st.caption("This is not the token in the settings of this machine.")
    return is_teacher(settings, token())


def token() -> str:
    """The token that the visitor has entered; "" without one."""
    return str(st.session_state.get(_TOKEN, ""))


def requester() -> Requester:
    """The visitor as the requester of changes in the store."""
    return Requester(owner=visitor(), token=token())


def visitor_may_change(run: Run, settings: Settings) -> bool:
    """Whether the visitor may change the run."""
    return may_change(run.owner, settings, requester())


def _remember() -> None:
    """Keep the token when its field is not on the page."""
    st.session_state[_TOKEN] = st.session_state[f"{_TOKEN}, typed"]
