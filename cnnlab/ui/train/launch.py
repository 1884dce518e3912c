"""Submits runs from the Train page: their name, their seeds, and the queue."""

import streamlit as st

from cnnlab.architectures import NetworkSpec
from cnnlab.runs import Store
from cnnlab.runs.labels import default_name
from cnnlab.runs.run import MAX_NAME_LENGTH, fitting_name
from cnnlab.spec import Remedy
from cnnlab.training import Recipe
from cnnlab.ui.state.shown_runs import MAX_SHOWN, show_beside
from cnnlab.ui.visitors.visitor import visitor

_SEEDS = "train.seeds"


def pick_num_seeds() -> int:
    """How many runs are submitted, with consecutive seeds."""
    return st.number_input(
        "Number of seeds",
        min_value=1,
        max_value=MAX_SHOWN,
        key=_SEEDS,
        help="The number of runs, with consecutive seeds. They are drawn as a band, whose width is the seed noise.",
    )


def set_num_seeds(remedy: Remedy) -> None:
    """Sets the number of runs to what a remedy proposes."""
    st.session_state[_SEEDS] = remedy.value


def pick_name(spec: NetworkSpec | None, recipe: Recipe | None) -> str:
    """The name of the run that a visitor has typed, or the default one."""
    default = "" if spec is None or recipe is None else fitting_name(default_name(spec, recipe))
    typed = st.text_input("Run name", key="train.name", placeholder=default, max_chars=MAX_NAME_LENGTH)
    return " ".join(typed.split()) or default


def submit_seeds(store: Store, spec: NetworkSpec, recipe: Recipe, name: str, num_seeds: int) -> None:
    """Submits one run for each seed, for the charts; or none, and raises `Refused` or `StoreUnavailable`."""
    show_beside(store, store.submit_seeds(spec, recipe, num_seeds, name=name, owner=visitor()))
