"""Submits runs from the Train page: their name, their seeds, and the queue."""

import streamlit as st

from cnnlab.architectures import NetworkSpec, name_of
from cnnlab.runs import Store
from cnnlab.runs.run import MAX_NAME_LENGTH, fitting_name
from cnnlab.training import Recipe
from cnnlab.ui.state.link import write_recipe
from cnnlab.ui.visitor import visitor

MAX_SEEDS = 10


def pick_num_seeds() -> int:
    """How many runs are submitted, with consecutive seeds."""
    return st.number_input(
        "Number of seeds",
        min_value=1,
        max_value=MAX_SEEDS,
        key="train.seeds",
        help="The number of runs, with consecutive seeds. They are drawn as a band, whose width is the seed noise.",
    )


def pick_name(default: str) -> str:
    """The name of the run that a visitor has typed, or the default one."""
    typed = st.text_input("Run name", key="train.name", placeholder=default, max_chars=MAX_NAME_LENGTH)
    return " ".join(typed.split()) or default


def default_name(spec: NetworkSpec | None, recipe: Recipe | None) -> str:
    """The name of the network, and the values of the recipe that are not the defaults."""
    if spec is None or recipe is None:
        return ""
    changes = (f"{field}={text}" for field, text in write_recipe(recipe.values).items())
    return fitting_name(", ".join([name_of(spec), *changes]))


def submit_seeds(store: Store, spec: NetworkSpec, recipe: Recipe, name: str, num_seeds: int) -> tuple[str, ...]:
    """Submits one run for each seed, and returns their ids; or none, and raises `Refused` or `StoreUnavailable`."""
    return tuple(run.id for run in store.submit_seeds(spec, recipe, num_seeds, name=name, owner=visitor()))
