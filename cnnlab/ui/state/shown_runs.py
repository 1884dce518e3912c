"""Which runs are in the charts: first those of the address, then those that were opened or begun on any page."""

from collections.abc import Sequence

import streamlit as st

from cnnlab.runs import Run, Store, UnknownRun
from cnnlab.runs.comparing import on_the_same_images
from cnnlab.ui.state.address import given_parameters, state_of_address

MAX_SHOWN = 40
"""The number of runs that are read for the charts: as many lines as can be distinguished, of several seeds each."""

_SHOWN = "runs in the charts"


def show(run_ids: tuple[str, ...]) -> None:
    """Put these runs into the charts."""
    st.session_state[_SHOWN] = run_ids


def show_beside(store: Store, submitted: Sequence[Run]) -> None:
    """Put new runs into the charts, before those that are there and have the same data set and split."""
    present = [store.run(run_id) for run_id in shown_runs(store)[0]]
    comparable = on_the_same_images(submitted[0], present)
    show(tuple(run.id for run in (*submitted, *comparable))[:MAX_SHOWN])


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
    given = [run_id for text in given_parameters().get("run", []) for run_id in text.split(",")]
    return tuple(dict.fromkeys(filter(None, given)))[:MAX_SHOWN]
