"""The parameters of the address of the page that is open."""

from collections.abc import Mapping

import streamlit as st

from cnnlab.ui.state.link import is_tracking

_WRITTEN = "address as written last"


def given_parameters() -> dict[str, list[str]]:
    """The parameters of the address, each with all its values, without those that only track visitors."""
    return {name: st.query_params.get_all(name) for name in st.query_params if not is_tracking(name)}


def last_parameters() -> dict[str, str]:
    """The same, each with its last value."""
    return {name: values[-1] if values else "" for name, values in given_parameters().items()}


def put_address(wanted: Mapping[str, str | list[str]]) -> None:
    """Replaces the parameters of the address, but for those that track visitors: they stay as they are."""
    texts = {name: [value] if isinstance(value, str) else value for name, value in wanted.items()}
    # The parameters that the browser reports may be older than the last ones written.
    if given_parameters() != texts or st.session_state.get(_WRITTEN) != texts:
        tracking = {name: st.query_params.get_all(name) for name in st.query_params if is_tracking(name)}
        st.query_params.from_dict({**texts, **tracking})
    st.session_state[_WRITTEN] = texts
