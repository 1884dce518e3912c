"""The card that asks for a guess, and the one that shows it beside the truth."""

import streamlit as st

from cnnlab.analysis.comparison.guess import FACTORS, Question
from cnnlab.ui.markdown import plain
from cnnlab.words.numbers import ratio
from cnnlab.words.sentence import Sentence


def guess_of(key: str) -> float | None:
    """The guess that was given under this key in this session."""
    guess: float | None = _guesses().get(key)
    return guess


@st.fragment
def ask(sentence: Sentence, key: str) -> None:
    """A slider for the factor, and the button that keeps the guess and draws the page again."""
    with st.container(border=True, key="guess.card"):
        st.header(plain(sentence), anchor=False)
        guess: float = st.select_slider(
            f"Your guess, as a factor from {ratio(FACTORS[0], 1)} to {ratio(FACTORS[-1], 1)}",
            FACTORS,
            value=1.0,
            format_func=lambda factor: ratio(factor, 1),
            key=f"guess.factor.{key}",
        )
        if st.button("Show the answer", icon=":material/visibility:", type="primary", key="guess.answer"):
            _guesses()[key] = guess
            st.rerun()


def show_truth(question: Question, key: str) -> None:
    """The guess and the truth side by side, and how close it was."""
    guess, truth = guess_of(key), question.truth
    if guess is None or truth is None:
        return
    with st.container(border=True, key="guess.card"):
        left, right = st.columns(2)
        for place, label, factor, text in (
            (left, "Guess", guess, question.guessed_text(guess)),
            (right, "Truth", truth, question.true_text()),
        ):
            place.metric(
                f"{question.measure.title}: {label.lower()}",
                ratio(factor, 1),
                delta=text,
                delta_color="off",
                delta_arrow="off",
            )
        st.markdown(plain(question.verdict(guess)))


def forget_guess(key: str) -> None:
    """Asks again under this key."""
    _guesses().pop(key, None)


def _guesses() -> dict[str, float]:
    guesses: dict[str, float] = st.session_state.setdefault("guesses", {})
    return guesses
