"""The recipe that a visitor chooses: read from the address, and kept in the session."""

from collections.abc import Callable

import streamlit as st

from cnnlab.data import DATASETS, DatasetCard, card, is_available
from cnnlab.spec import Problem, Refused, Remedy, Value
from cnnlab.training import Recipe
from cnnlab.training.devices import find_device
from cnnlab.ui.data.samples import statistics_of
from cnnlab.ui.state.address import drop_problem, last_parameters, state_of_address
from cnnlab.ui.state.link import read_recipe

_STATE = "recipe"


def recipe_values() -> tuple[dict[str, Value], tuple[Problem, ...]]:
    """The visitor's values, read from the address, and the problems of the address."""
    return state_of_address(_STATE, lambda: read_recipe(last_parameters()))


def follow_recipe_link(problem: Problem, fix: Callable[[Remedy], None], remedy: Remedy) -> None:
    """Takes what a remedy proposes for a part of the link: `fix` changes a value."""
    fix(remedy)
    drop_problem(_STATE, problem)


def take_recipe(recipe: Recipe) -> None:
    """Replaces the recipe."""
    st.session_state[_STATE] = (dict(recipe.values), ())


def check_recipe(values: dict[str, Value]) -> tuple[Recipe | None, tuple[Problem, ...]]:
    """The recipe with these values, or None and why it cannot be run here."""
    recipe, problems = Recipe.check(values)
    if recipe is not None:
        try:
            find_device(recipe.device)
            if is_available(card(recipe.dataset).name):
                statistics_of(recipe)
        except Refused as refused:
            return None, tuple(problem.of(Recipe.settings()) for problem in refused.problems)
    return recipe, problems


def card_of(values: dict[str, Value]) -> DatasetCard:
    """The data set that the values name, or the default where they name none that exists."""
    try:
        return card(str(values["dataset"]))
    except Refused:
        return DATASETS[Recipe().dataset]
