"""The network that a visitor looks at: it comes from the address, lives in the session and goes back there."""

import streamlit as st

from cnnlab.architectures import NetworkSpec, preset
from cnnlab.building import diagnose
from cnnlab.spec import Problem
from cnnlab.ui.state.link import DEFAULT_PRESET, Choice, read, write

_STATE, _ADDRESS = "chosen network", "address as written last"


def chosen(default: str = DEFAULT_PRESET) -> tuple[Choice, tuple[Problem, ...]]:
    """The visitor's choice, read from the address at the start of the session; and what of the address was refused.

    An address that names no preset stands for `default`.
    """
    if _STATE not in st.session_state:
        st.session_state[_STATE] = read(st.query_params.to_dict(), default)
    choice: Choice
    refused: tuple[Problem, ...]
    choice, refused = st.session_state[_STATE]
    return choice, refused


def explored() -> NetworkSpec | None:
    """The network that the visitor has looked at in this session, if there is one and it works."""
    if _STATE not in st.session_state:
        return None
    spec, _ = spec_of(st.session_state[_STATE][0])
    return spec if spec is not None and diagnose(spec) is None else None


def choose(name: str) -> None:
    """Another preset, as it is."""
    take(Choice(name, dict(preset(name).values)))


def take(choice: Choice) -> None:
    """Another choice altogether."""
    st.session_state[_STATE] = (choice, ())


def write_address(choice: Choice, **others: str) -> None:
    """Puts the choice into the address, so that a copy of it shows the same network."""
    put_address({**write(choice), **others})


def put_address(wanted: dict[str, str]) -> None:
    """Puts these parameters into the address, and no others."""
    # What the browser says it shows may be older than what was written last.
    if st.query_params.to_dict() != wanted or st.session_state.get(_ADDRESS) != wanted:
        st.query_params.from_dict(wanted)
    st.session_state[_ADDRESS] = wanted


def spec_of(choice: Choice) -> tuple[NetworkSpec | None, tuple[Problem, ...]]:
    """The spec that the choice makes, or why it makes none."""
    return type(preset(choice.preset)).check(choice.values)
