"""The comparison that a visitor sees: read from the address, kept in the session, and written to the address."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from cnnlab.analysis.comparison.ready import READY_COMPARISONS, ready_comparison_of
from cnnlab.architectures import NetworkSpec
from cnnlab.spec import Refused
from cnnlab.ui.state.comparison_link import ComparedNetwork, Comparison, read_comparison
from cnnlab.ui.state.comparison_view import forget_refused_view

FIRST_READY = "separable_mobilenet"
"""The first comparison of a visitor."""

_STATE, _ADDRESS = "comparison", "comparison's address as written last"


def comparison() -> tuple[Comparison, tuple[str, ...]]:
    """The visitor's comparison, at first that of the address or an example; and a sentence for each problem."""
    if _STATE not in st.session_state:
        parameters = {name: st.query_params.get_all(name) for name in st.query_params}
        found, refused = read_comparison(parameters)
        st.session_state[_STATE] = (found if found.networks else ready(FIRST_READY), refused)
    known: Comparison
    sentences: tuple[str, ...]
    known, sentences = st.session_state[_STATE]
    return known, sentences


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
    sentences: tuple[str, ...] = ()
    for network in networks:
        try:
            known = known.with_network(network)
        except Refused as refused:
            sentences = tuple(problem.sentence for problem in refused.problems)
    take_comparison(known, *sentences)


def add_explored(spec: NetworkSpec, original: NetworkSpec) -> None:
    """A network from the Explore page: into a comparison that the visitor has made, or else into a new one with its
    preset."""
    made = st.session_state.get(_STATE)
    if made is None or ready_comparison_of(made[0].specs) is not None:
        take_comparison(Comparison(tuple(map(ComparedNetwork, dict.fromkeys((original, spec))))))
    else:
        add(ComparedNetwork(spec))


def make_baseline(index: int) -> None:
    known, _ = comparison()
    take_comparison(replace(known, baseline=index))


def write_comparison_address(wanted: Mapping[str, str | list[str]]) -> None:
    """Writes the comparison to the address, so that a copy of it shows the same."""
    shown = {name: st.query_params.get_all(name) for name in st.query_params}
    texts = {name: [value] if isinstance(value, str) else value for name, value in wanted.items()}
    # The parameters that the browser reports may be older than the last ones written.
    if shown != texts or st.session_state.get(_ADDRESS) != texts:
        st.query_params.from_dict(texts)
    st.session_state[_ADDRESS] = texts
