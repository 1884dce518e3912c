"""The network that a visitor sees: read from the address, kept in the session, and written to the address."""

from collections.abc import Callable

import streamlit as st

from cnnlab.architectures import NetworkSpec, preset
from cnnlab.building import diagnose
from cnnlab.spec import Problem, Remedy
from cnnlab.ui.state.address import drop_problem, last_parameters, put_address, state_of_address
from cnnlab.ui.state.hiding import hiding, write_hiding
from cnnlab.ui.state.link import DEFAULT_PRESET, Choice, read, write

_STATE, _GIVEN, _DEFAULT = "chosen network", "link to a network", "preset of a link without one"


def chosen(default: str = DEFAULT_PRESET) -> tuple[Choice, tuple[Problem, ...]]:
    """The visitor's choice, read from the address, and the problems of the address.

    An address without a preset is read as `default`.
    """
    return state_of_address(_STATE, lambda: _read(last_parameters(), default))


def _read(given: dict[str, str], default: str) -> tuple[Choice, tuple[Problem, ...]]:
    st.session_state[_GIVEN], st.session_state[_DEFAULT] = given, default
    return read(given, default)


def follow_link(problem: Problem, fix: Callable[[Remedy], None], remedy: Remedy) -> None:
    """Takes what a remedy proposes for a part of the link: `fix` changes a value."""
    if remedy.field == "preset":
        # The rest of the link is about that network.
        given = {**st.session_state[_GIVEN], remedy.field: str(remedy.value)}
        st.session_state[_STATE] = _read(given, st.session_state[_DEFAULT])
    else:
        fix(remedy)
        drop_problem(_STATE, problem)


def explored() -> NetworkSpec | None:
    """The network that the visitor has explored in this session, if there is one and its shapes fit."""
    if _STATE not in st.session_state:
        return None
    spec, _ = spec_of(st.session_state[_STATE][0])
    return spec if spec is not None and diagnose(spec) is None else None


def choose(name: str) -> None:
    """Replaces the choice with a preset."""
    take(Choice(name, dict(preset(name).values)))


def take(choice: Choice) -> None:
    """Replaces the choice."""
    st.session_state[_STATE] = (choice, ())


def write_address(choice: Choice, **others: str | list[str]) -> None:
    """Writes the choice to the address, so that a copy of it shows the same network."""
    put_address({**write(choice), **others, **write_hiding(hiding())})


def spec_of(choice: Choice) -> tuple[NetworkSpec | None, tuple[Problem, ...]]:
    """The spec of the choice, or its problems."""
    return type(preset(choice.preset)).check(choice.values)
