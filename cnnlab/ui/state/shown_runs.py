"""Which runs are in the charts: those of the address, then those that were opened on any page."""

import streamlit as st

from cnnlab.runs import Store, UnknownRun
from cnnlab.ui.state.address import last_parameters, state_of_address

MAX_SHOWN = 40
"""The number of runs that are read for the charts: as many lines as can be distinguished, of several seeds each."""

_SHOWN = "runs in the charts"


def show(run_ids: tuple[str, ...]) -> None:
    """Put these runs into the charts."""
    st.session_state[_SHOWN] = run_ids


def shown_runs(store: Store) -> tuple[tuple[str, ...], list[str]]:
    """The runs in the charts, and a sentence for each that does not exist."""
    existing, sentences = [], []
    for run_id in state_of_address(_SHOWN, _read):
        try:
            existing.append(store.run(run_id).id)
        except UnknownRun as problem:
            sentences.append(str(problem))
    return tuple(existing), sentences


def _read() -> tuple[str, ...]:
    given = last_parameters().get("run", "").split(",")
    return tuple(dict.fromkeys(filter(None, given)))[:MAX_SHOWN]
