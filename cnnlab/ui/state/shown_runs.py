"""Which runs are in the charts: at first those of the address, then those that were opened, on any page."""

import streamlit as st

from cnnlab.runs import Store, UnknownRun

MOST_SHOWN = 40
"""So many runs are read for the charts at most: as many lines as can be told apart, of several seeds each."""

_SHOWN = "runs in the charts"


def show(run_ids: tuple[str, ...]) -> None:
    """Have these runs in the charts from now on."""
    st.session_state[_SHOWN] = run_ids


def shown_runs(store: Store) -> tuple[tuple[str, ...], list[str]]:
    """The runs in the charts, and a sentence for each that is not there."""
    if _SHOWN not in st.session_state:
        given = st.query_params.get("run", "").split(",")
        show(tuple(dict.fromkeys(filter(None, given)))[:MOST_SHOWN])
    there, sentences = [], []
    for run_id in st.session_state[_SHOWN]:
        try:
            there.append(store.run(run_id).id)
        except UnknownRun as problem:
            sentences.append(str(problem))
    return tuple(there), sentences
