"""The comparison that a visitor sees: read from the address, kept in the session, and written to the address."""

import streamlit as st

from cnnlab.analysis.comparison.ready import READY_COMPARISONS, ready_comparison_of
from cnnlab.architectures import NetworkSpec
from cnnlab.spec import Problem, Refused
from cnnlab.ui.state.address import given_parameters, state_of_address
from cnnlab.ui.state.comparison_link import ComparedNetwork, Comparison, read_comparison
from cnnlab.ui.state.comparison_view import forget_refused_view

FIRST_READY = "separable_mobilenet"
"""The first comparison of a visitor."""

_STATE = "comparison"


def comparison() -> tuple[Comparison, tuple[str, ...]]:
    """The visitor's comparison, at first that of the address or an example; and a sentence for each problem."""
    return state_of_address(_STATE, _read)


def _read() -> tuple[Comparison, tuple[str, ...]]:
    found, refused = read_comparison(given_parameters())
    return found if found.networks else ready(FIRST_READY), refused


def take_comparison(new: Comparison, *sentences: str) -> None:
    """Replaces the comparison, with sentences to show about it."""
    st.session_state[_STATE] = (new, sentences)
    forget_refused_view()


def ready(name: str) -> Comparison:
    """An example comparison."""
    return Comparison(tuple(map(ComparedNetwork, READY_COMPARISONS[name].networks)))


def add(*networks: ComparedNetwork) -> None:
    """Adds networks to the visitor's comparison, up to its limit."""
    known, _ = comparison()
    problems: tuple[Problem, ...] = ()
    for network in networks:
        try:
            known = known.with_network(network)
        except Refused as refused:
            problems = refused.problems
    take_comparison(known, *(problem.titled for problem in problems))


def add_explored(spec: NetworkSpec, original: NetworkSpec) -> None:
    """A network from the Explore page: into a comparison that the visitor has made, or else into a new one with its
    preset."""
    made = st.session_state.get(_STATE)
    if made is None or ready_comparison_of(made[0].specs) is not None:
        take_comparison(Comparison(tuple(map(ComparedNetwork, dict.fromkeys((original, spec))))))
    else:
        add(ComparedNetwork(spec))
