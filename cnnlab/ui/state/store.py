"""The one store of runs that all pages read."""

import streamlit as st

from cnnlab.runs import Store, ensure_scheduler, open_store
from cnnlab.runs.store.database import read_only_sentence
from cnnlab.ui.markdown import plain


@st.cache_resource(show_spinner=False)
def run_store() -> Store:
    """The store in the folder that the server was started with. Raises `StoreUnavailable`."""
    return open_store()


def served_store() -> Store:
    """The store, with a scheduler that carries out its runs. Raises `StoreUnavailable`."""
    store = run_store()
    ensure_scheduler(store.folder)
    return store


def say_if_read_only(store: Store) -> None:
    """A sentence where runs can be looked at and nothing can be changed."""
    if store.is_read_only:
        st.info(plain(read_only_sentence(store.folder)), icon=":material/lock:")
