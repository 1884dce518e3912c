"""Guessing on the Explore page what the knobs that were just turned will do, before its numbers are shown."""

import streamlit as st

from cnnlab.analysis import Analysis
from cnnlab.analysis.comparison.diff import changed_knobs
from cnnlab.analysis.comparison.guess import Question
from cnnlab.analysis.entries import Entry
from cnnlab.analysis.measures import MEASURES
from cnnlab.figures.comparison.parts import change_sentence
from cnnlab.spec import Problem
from cnnlab.ui.guessing.card import ask, forget_guess, guess_of, show_truth
from cnnlab.ui.guessing.switch import guess_problems, is_guess_first, show_switch, write_guess
from cnnlab.words.sentence import Sentence, joined

_PAGE = "explore"
_SEEN, _ASKED = "the network whose numbers were seen last", "the guess about it"


def show_guess_switch() -> None:
    """The switch. It is off at first."""
    show_switch(_PAGE, usual=False, changed=_begin_again)


def guess_parameters() -> dict[str, str]:
    """The parameters of the address: none while the switch is off."""
    return write_guess(is_on=True) if is_guess_first(_PAGE, usual=False) else {}


def refused_guess() -> tuple[Problem, ...]:
    """What is wrong with these parameters in the address."""
    return tuple(Problem("guess", sentence) for sentence in guess_problems(_PAGE))


def may_show(analysis: Analysis) -> bool:
    """Whether the numbers of this network may be shown; if not, asks what they are in comparison with the last ones.

    Shows a guess that was just given beside the truth.
    """
    if not is_guess_first(_PAGE, usual=False) or analysis.problem is not None:
        return True
    seen: Analysis = st.session_state.setdefault(_SEEN, analysis)
    asked: Question | None = st.session_state.get(_ASKED)
    if seen.spec == analysis.spec:
        if asked is not None:
            show_truth(asked, _PAGE)
        return True
    knobs = changed_knobs(seen, analysis)
    question = Question(
        measure=MEASURES["macs"], base=Entry(name="", analysis=seen), other=Entry(name="", analysis=analysis)
    )
    if knobs is None or question.truth is None:
        _begin_again()
        return may_show(analysis)
    if asked is not None and asked.other.analysis.spec != analysis.spec:
        forget_guess(_PAGE)
    st.session_state[_ASKED] = question
    if guess_of(_PAGE) is not None:
        st.session_state[_SEEN] = analysis
        return may_show(analysis)
    ask(joined([*map(change_sentence, knobs), Sentence("How do the MACs change?")]), _PAGE)
    return False


def _begin_again() -> None:
    for name in (_SEEN, _ASKED):
        st.session_state.pop(name, None)
    forget_guess(_PAGE)
