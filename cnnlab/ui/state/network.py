"""The network that a visitor sees: read from the address, kept in the session, and written to the address."""

from collections.abc import Mapping

import streamlit as st

from cnnlab.architectures import NetworkSpec, preset
from cnnlab.building import diagnose
from cnnlab.spec import Problem
from cnnlab.ui.state.link import DEFAULT_PRESET, Choice, read, write

_STATE, _ADDRESS = "chosen network", "address as written last"


def chosen(default: str = DEFAULT_PRESET) -> tuple[Choice, tuple[Problem, ...]]:
    """The visitor's choice, read from the address at the start of the session, and the problems of the address.

    An address without a preset is read as `default`.
    """
    if _STATE not in st.session_state:
        st.session_state[_STATE] = read(st.query_params.to_dict(), default)
    choice: Choice
    refused: tuple[Problem, ...]
    choice, refused = st.session_state[_STATE]
    return choice, refused


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


def write_address(choice: Choice, **others: str) -> None:
    """Writes the choice to the address, so that a copy of it shows the same network."""
    put_address({**write(choice), **others})


def put_address(wanted: Mapping[str, str | list[str]]) -> None:
    """Replaces the parameters of the address."""
    texts = {name: [value] if isinstance(value, str) else value for name, value in wanted.items()}
    # The parameters that the browser reports may be older than the last ones written.
    if given_parameters() != texts or st.session_state.get(_ADDRESS) != texts:
        st.query_params.from_dict(texts)
    st.session_state[_ADDRESS] = texts


def given_parameters() -> dict[str, list[str]]:
    """The parameters of the address, each with all its values."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def spec_of(choice: Choice) -> tuple[NetworkSpec | None, tuple[Problem, ...]]:
    """The spec of the choice, or its problems."""
    return type(preset(choice.preset)).check(choice.values)
