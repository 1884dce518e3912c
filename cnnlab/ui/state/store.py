"""The one store of runs that all pages read."""

from contextlib import suppress

import streamlit as st

from cnnlab.runs import Store, StoreUnavailable, ensure_scheduler, open_store
from cnnlab.runs.run import WrongSettings
from cnnlab.runs.store.database import read_only_sentence
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitors.teacher import requester


@st.cache_resource(show_spinner=False)
def run_store() -> Store:
    """The store in the folder that the server was started with. Raises `StoreUnavailable`."""
    try:
        return open_store()
    except WrongSettings as problem:
        raise problem.for_visitors() from problem


def close_store() -> None:
    """Close the store if it is open: a later page opens it again."""
    with suppress(StoreUnavailable):
        run_store().close()
    run_store.clear()


def served_store() -> Store:
    """The store, with a running scheduler. Raises `StoreUnavailable`."""
    store = run_store()
    ensure_scheduler(store.folder)
    return store


def visitor_store() -> Store:
    """The same, for changes that the visitor of the page requests."""
    return served_store().acting_for(requester())


def say_if_read_only(store: Store) -> None:
    """Shows a sentence if runs can be read but not changed."""
    if store.is_read_only:
        st.info(plain(read_only_sentence(store.folder)), icon=":material/lock:")
