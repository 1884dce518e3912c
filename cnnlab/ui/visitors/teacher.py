"""The teacher's token on the pages, and what the visitor may change with or without it."""

from functools import partial

import streamlit as st

from cnnlab.runs import Run
from cnnlab.runs.permissions import Requester, is_teacher, may_change
from cnnlab.runs.settings import Settings
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitors.allowance import Allowance
from cnnlab.ui.visitors.visitor import address, visitor
from cnnlab.words.sentence import Sentence

_TOKEN = "teacher's token"
_REFUSED = "why the token was not accepted"

_visitors = Allowance(burst=5, seconds=30)
_addresses = Allowance(burst=30, seconds=10)
"""How often a wrong token may be entered: by one browser, and from one address whatever its browsers are called."""


def ask_for_token(settings: Settings) -> bool:
    """A field for the token, if the settings have one; whether the visitor is the teacher."""
    if not settings.teacher_token:
        return False
    with st.popover("Teacher", icon=":material/school:"):
        enter = partial(_enter, settings)
        st.text_input("Teacher's token", type="password", key=f"{_TOKEN}, typed", on_change=enter)
        if is_teacher(settings, token()):
            st.caption("You can pause, stop and delete everyone's runs, and reorder the queue.")
        elif _REFUSED in st.session_state:
            st.caption(plain(st.session_state[_REFUSED]))
    return is_teacher(settings, token())


def token() -> str:
    """The teacher's token, if the visitor has entered it; "" otherwise."""
    return str(st.session_state.get(_TOKEN, ""))


def requester() -> Requester:
    """The visitor as the requester of changes in the store."""
    return Requester(owner=visitor(), token=token())


def visitor_may_change(run: Run, settings: Settings) -> bool:
    """Whether the visitor may change the run."""
    return may_change(run.owner, settings, requester())


def _enter(settings: Settings) -> None:
    """Keep the token that was typed, also when its field is not on the page, if it is the right one."""
    typed = st.session_state[f"{_TOKEN}, typed"]
    for name in (_TOKEN, _REFUSED):
        st.session_state.pop(name, None)
    if not typed:
        return
    tries = ((_visitors, visitor()), (_addresses, address()))
    wait = max(allowance.take(key) for allowance, key in tries)
    if wait > 0:
        sentence = Sentence("Too many wrong tokens were entered: try again in {seconds:.0f} seconds.", seconds=wait + 1)
        st.session_state[_REFUSED] = sentence
    elif is_teacher(settings, typed):
        st.session_state[_TOKEN] = typed
        for allowance, key in tries:
            allowance.give_back(key)
    else:
        st.session_state[_REFUSED] = Sentence("This is not the token in the settings of this machine.")
