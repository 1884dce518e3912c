"""The comparison that a visitor sees: read from the address, kept in the session, and written to the address."""

from dataclasses import replace

import streamlit as st

from cnnlab.analysis.comparison.ready import READY_COMPARISONS, ready_comparison_of
from cnnlab.architectures import NetworkSpec
from cnnlab.spec import Problem, Refused, Remedy
from cnnlab.ui.state.address import given_parameters, state_of_address
from cnnlab.ui.state.comparison_link import ComparedNetwork, Comparison, read_comparison, read_networks
from cnnlab.ui.state.comparison_view import forget_refused_view

FIRST_READY = "separable_mobilenet"
"""The first comparison of a visitor."""

_STATE = "comparison"


def comparison() -> tuple[Comparison, tuple[Problem, ...]]:
    """The visitor's comparison, at first that of the address or an example; and the problems of what was given."""
    return state_of_address(_STATE, _read)


def _read() -> tuple[Comparison, tuple[Problem, ...]]:
    found, refused = read_comparison(given_parameters())
    return found if found.networks else ready(FIRST_READY), refused


def take_comparison(new: Comparison, *problems: Problem) -> None:
    """Replaces the comparison, with problems to show about what was not taken."""
    st.session_state[_STATE] = (new, problems)
    forget_refused_view()


def ready(name: str) -> Comparison:
    """An example comparison."""
    return Comparison(tuple(map(ComparedNetwork, READY_COMPARISONS[name].networks)))


def add(*networks: ComparedNetwork, problems: tuple[Problem, ...] = ()) -> None:
    """Adds networks to the visitor's comparison, up to its limit; `problems` are of others that were not valid."""
    known, _ = comparison()
    for network in networks:
        try:
            known = known.with_network(network)
        except Refused as refused:
            problems += refused.problems
    take_comparison(known, *problems)


def follow(problem: Problem, remedy: Remedy) -> None:
    """Adds the network that a remedy proposes, instead of the one that has the problem."""
    _, problems = comparison()
    networks, refused = read_networks([str(remedy.value)])
    others = tuple(other for other in problems if other.index != problem.index)
    add(*networks.values(), problems=others + tuple(replace(again, index=problem.index) for again in refused))


def add_explored(spec: NetworkSpec, original: NetworkSpec) -> None:
    """A network from the Explore page: into a comparison that the visitor has made, or else into a new one with its
    preset."""
    made = st.session_state.get(_STATE)
    if made is None or ready_comparison_of(made[0].specs) is not None:
        take_comparison(Comparison(tuple(map(ComparedNetwork, dict.fromkeys((original, spec))))))
    else:
        add(ComparedNetwork(spec))
