"""The filter of the list of runs: read from the address, kept in the session, and written to the address.

`?name=sigmoid&tag=week+3&data=digits&data=mnist&state=done&mine=true`
"""

from dataclasses import replace
from typing import Any

import streamlit as st

from cnnlab.runs.filtering import RunFilter
from cnnlab.runs.run import MAX_NAME_LENGTH
from cnnlab.ui.state.address import given_parameters, state_of_address
from cnnlab.ui.state.link import FILTER_PARAMETERS

MOST_GIVEN = 20
"""Values of one parameter that are read from an address."""

_STATE = "filter of the list of runs"


def run_filter() -> RunFilter:
    """The visitor's filter, read from the address."""
    return state_of_address(_STATE, lambda: _read(given_parameters()))


def change_filter(**changes: Any) -> None:
    """Replace parts of the filter."""
    st.session_state[_STATE] = replace(run_filter(), **changes)


def clear_filter() -> None:
    """Have the list show all runs again."""
    st.session_state[_STATE] = RunFilter()


def filter_parameters() -> dict[str, list[str]]:
    """The parameters of the address from which the filter is read back."""
    chosen = run_filter()
    texts = ([chosen.name], chosen.tags, chosen.datasets, chosen.states, ["true"] if chosen.only_own else [])
    written = zip(FILTER_PARAMETERS, texts, strict=True)
    return {parameter: values for parameter, given in written if (values := list(filter(None, given)))}


def _read(parameters: dict[str, list[str]]) -> RunFilter:
    name, tags, datasets, states, mine = (
        tuple(dict.fromkeys(text[:MAX_NAME_LENGTH] for text in parameters.get(parameter, []) if text))[:MOST_GIVEN]
        for parameter in FILTER_PARAMETERS
    )
    return RunFilter(
        name=name[-1] if name else "", tags=tags, datasets=datasets, states=states, only_own="true" in mine
    )
