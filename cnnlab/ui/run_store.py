"""The one store of runs that all pages read."""

import streamlit as st

from cnnlab.runs import Store, ensure_scheduler, open_store


@st.cache_resource(show_spinner=False)
def run_store() -> Store:
    """The store in the folder that the server was started with. Raises `StoreUnavailable`."""
    return open_store()


def served_store() -> Store:
    """The store, with a scheduler that carries out its runs. Raises `StoreUnavailable`."""
    store = run_store()
    ensure_scheduler(store.folder)
    return store
