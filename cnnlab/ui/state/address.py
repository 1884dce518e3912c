"""The parameters of the address of the page that is open: what the session reads from them, and writes there.

The states of a page are in its address. They are read from it at the start of a session, and again where Back or
Forward leads to another address; in between they are written to it.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cnnlab.ui.state.link import is_tracking

State = TypeVar("State")

PROJECTOR = "projector"
"""The parameter of every page that says how it is shown, and not what."""

_WRITTEN, _RESTORED = "address as written last", "states read since Back or Forward"
_SWITCHED_ON = "projector mode"


def given_parameters() -> dict[str, list[str]]:
    """The parameters of the address, each with all its values, without those that tell nothing about the page."""
    return {name: st.query_params.get_all(name) for name in st.query_params if _is_state(name)}


def _is_state(name: str) -> bool:
    return name != PROJECTOR and not is_tracking(name)


def last_parameters() -> dict[str, str]:
    """The same, each with its last value."""
    return {name: values[-1] if values else "" for name, values in given_parameters().items()}


def follow_history() -> bool:
    """Whether Back or Forward led to this address, whose states are read from it once more. To be called first of all.

    An address without parameters tells nothing: it was left before its page had written there.
    """
    context = get_script_run_ctx()
    is_restored = context is not None and context.is_history_navigation and bool(given_parameters())
    st.session_state[_RESTORED] = set() if is_restored else None
    return is_restored


def state_of_address(key: str, read: Callable[[], State]) -> State:
    """What the session holds under `key`, which `read` reads from the address when that is new."""
    restored: set[str] | None = st.session_state.get(_RESTORED)
    if key not in st.session_state or (restored is not None and key not in restored):
        st.session_state[key] = read()
        if restored is not None:
            restored.add(key)
    state: State = st.session_state[key]
    return state


def drop_problem(key: str, problem: Any) -> None:
    """Takes a problem from those that the state under `key`, a pair of a value and of problems, still has."""
    value, problems = st.session_state[key]
    st.session_state[key] = (value, tuple(other for other in problems if other != problem))


def address_with(**changed: str) -> str | None:
    """The address of the page with these parameters instead, an empty one left out; None where no browser has one."""
    url = st.context.url
    if not url:
        return None
    written: dict[str, list[str]] = st.session_state.get(_WRITTEN, {})
    parameters = {name: value for name, value in {**written, **changed}.items() if value}
    return urlsplit(url)._replace(query=urlencode(parameters, doseq=True, safe=",:="), fragment="").geturl()


def put_address(wanted: Mapping[str, str | list[str]]) -> None:
    """Replaces the parameters of the address, but for those that track visitors: they stay as they are."""
    texts = {name: [value] if isinstance(value, str) else value for name, value in wanted.items()}
    if is_projecting():
        texts[PROJECTOR] = ["1"]
    given = {name: st.query_params.get_all(name) for name in st.query_params}
    tracking = {name: values for name, values in given.items() if is_tracking(name)}
    # The parameters that the browser reports may be older than the last ones written.
    if given != {**texts, **tracking} or st.session_state.get(_WRITTEN) != texts:
        st.query_params.from_dict({**texts, **tracking})
    st.session_state[_WRITTEN] = texts


def put_parameters(wanted: Mapping[str, str | list[str]], among: Collection[str]) -> None:
    """Replaces the parameters `among`, for a part of a page that is drawn alone; the others stay as they were put."""
    written: dict[str, list[str]] = st.session_state.get(_WRITTEN, {})
    put_address({**{name: values for name, values in written.items() if name not in among}, **wanted})


def is_projecting() -> bool:
    """Whether the pages are for a projector: the mode lasts from page to page, and is in the address while it is on."""
    return state_of_address(_SWITCHED_ON, lambda: st.query_params.get(PROJECTOR, "0") != "0")


def project(*, is_on: bool) -> None:
    """Turns that mode on or off."""
    st.session_state[_SWITCHED_ON] = is_on
