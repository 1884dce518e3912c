"""Whether a page asks for a guess first: read from the address, changed by a switch, and kept in the session."""

from collections.abc import Callable, Mapping

import streamlit as st

from cnnlab.ui.state.address import last_parameters, state_of_address
from cnnlab.ui.state.link import GUESS
from cnnlab.words.sentence import Sentence

_WORDS = {"on": True, "off": False}


def is_guess_first(page: str, *, usual: bool) -> bool:
    """Whether `page` asks first: as the switch says, or the address, or as `usual`."""
    said = _state(page)[0]
    return usual if said is None else said


def guess_problems(page: str) -> tuple[Sentence, ...]:
    """What is wrong with the address, until somebody uses the switch."""
    return _state(page)[1]


def show_switch(page: str, *, usual: bool, changed: Callable[[], None] = lambda: None) -> None:
    """The switch; `changed` is called when it is used."""
    key = f"guess.{page}"
    st.session_state[key] = is_guess_first(page, usual=usual)

    def change() -> None:
        st.session_state[_name(page)] = (st.session_state[key], ())
        changed()

    st.toggle(
        "Guess first",
        key=key,
        on_change=change,
        help="Covers the numbers until somebody has guessed. The link of the page says whether it is on.",
    )


def write_guess(is_on: bool) -> dict[str, str]:
    """The parameter of the address that says so."""
    return {GUESS: next(word for word, meaning in _WORDS.items() if meaning == is_on)}


def read_guess(parameters: Mapping[str, str]) -> tuple[bool | None, tuple[Sentence, ...]]:
    """What an address says, if it says anything, and its problem."""
    word = parameters.get(GUESS)
    if word is None or word in _WORDS:
        return (None if word is None else _WORDS[word]), ()
    template = "`{field}` must be one of {choices}, and it is {name!r}: the default is used."
    return None, (Sentence(template, field=GUESS, choices=", ".join(_WORDS), name=word),)


def _state(page: str) -> tuple[bool | None, tuple[Sentence, ...]]:
    return state_of_address(_name(page), lambda: read_guess(last_parameters()))


def _name(page: str) -> str:
    return f"guess first on {page}"
