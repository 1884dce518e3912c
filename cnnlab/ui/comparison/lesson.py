"""The example comparisons: their questions, and the guess that comes before the numbers."""

from collections.abc import Sequence

import streamlit as st

from cnnlab.analysis.comparison.guess import Question
from cnnlab.analysis.comparison.ready import READY_COMPARISONS, ready_comparison_of
from cnnlab.analysis.entries import Entry
from cnnlab.analysis.measures import MEASURES
from cnnlab.figures.palette import ENTRY_LETTERS
from cnnlab.ui.guessing.card import ask, guess_of, show_truth
from cnnlab.ui.guessing.switch import guess_problems, is_guess_first, show_switch, write_guess
from cnnlab.ui.markdown import plain
from cnnlab.ui.state.address import given_parameters
from cnnlab.ui.state.comparison import ready, take_comparison
from cnnlab.ui.state.comparison_link import NETWORK, Comparison
from cnnlab.words.sentence import Sentence

_READY, _PAGE, _CHOSEN = "compare.ready", "compare", "example was chosen"


def lesson_parameters(known: Comparison) -> dict[str, str]:
    """The parameters of the address of an example: whether it asks for a guess first."""
    return {} if ready_comparison_of(known.specs) is None else write_guess(is_guess_first(_PAGE, usual=_usual()))


def lesson_problems(known: Comparison) -> tuple[Sentence, ...]:
    """What is wrong with these parameters in the address of an example."""
    return () if ready_comparison_of(known.specs) is None else guess_problems(_PAGE)


def _usual() -> bool:
    """Whether a guess comes first: of an example that was chosen as one, but not of networks that a link names."""
    chosen: bool = st.session_state.setdefault(_CHOSEN, NETWORK not in given_parameters())
    return chosen


def show_lesson(entries: Sequence[Entry], known: Comparison) -> bool:
    """The example comparisons, and the question of the present one, if it is one of them.

    Returns whether the numbers may be shown: in an example they are covered until somebody has guessed.
    """
    name, usual = ready_comparison_of(known.specs), _usual()
    st.session_state[_READY] = name

    def take() -> None:
        if st.session_state[_READY] is not None:
            st.session_state[_CHOSEN] = True
            take_comparison(ready(st.session_state[_READY]))

    st.pills(
        "Examples",
        list(READY_COMPARISONS),
        format_func=lambda each: READY_COMPARISONS[each].title,
        key=_READY,
        on_change=take,
    )
    if name is None:
        return True
    found = READY_COMPARISONS[name]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(found.question)}**", width="stretch")
        show_switch(_PAGE, usual=usual)
    question = Question(measure=MEASURES[found.guessed], base=entries[0], other=entries[found.place])
    if is_guess_first(_PAGE, usual=usual) and question.truth is not None:
        if guess_of(name) is None:
            _ask(question, entries, name)
            return False
        show_truth(question, name)
    with st.expander("What to look for", icon=":material/lightbulb:", key=f"compare.notice.{name}"):
        st.markdown(plain(found.notice))
    return True


def _ask(question: Question, entries: Sequence[Entry], name: str) -> None:
    names = " · ".join(f"**{letter}** {plain(one.name)}" for letter, one in zip(ENTRY_LETTERS, entries, strict=False))
    st.markdown(names)
    sentence = Sentence(
        "{measure} of {other}, compared with {base}",
        measure=question.measure.title,
        other=question.other.name,
        base=question.base.name,
    )
    ask(sentence, name)
