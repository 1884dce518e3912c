"""The recipe's knobs on the Train page, and the ready-made recipes."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from cnnlab.data import DATASETS, is_here, names, title_of
from cnnlab.spec import Problem, Setting, Value
from cnnlab.training import Recipe
from cnnlab.training.devices import devices
from cnnlab.training.named_recipes import RECIPES, NamedRecipe
from cnnlab.ui.knobs.panel import show_knobs
from cnnlab.ui.knobs.row import CHANGED
from cnnlab.ui.markdown import plain

_KEY, _NAMED = "recipe", "train.recipe"

OPEN_GROUPS = ("Data", "Steps")
"""What everybody sees; the other groups are folded until somebody wants them."""


def pick_recipe(values: dict[str, Value], take: Callable[[NamedRecipe], None]) -> None:
    """The recipes with a name, of which one is shown as chosen while the values are its own; `take` is told."""
    chosen = next((name for name, named in RECIPES.items() if named.recipe.values == values), None)
    st.session_state[_NAMED] = chosen
    st.pills(
        "Ready-made recipes",
        list(RECIPES),
        format_func=lambda name: RECIPES[name].title,
        key=_NAMED,
        on_change=lambda: take(RECIPES[st.session_state[_NAMED]]) if st.session_state[_NAMED] else None,
        help="One click sets everything: the network, the data and how it is trained.",
    )
    if chosen is not None:
        st.caption(plain(RECIPES[chosen].idea))


def show_recipe_knobs(values: dict[str, Value], problems: tuple[Problem, ...]) -> None:
    """The knobs of the recipe; the data sets and devices to choose from are those of this machine."""
    settings = _settings(values)
    usual = Recipe().values
    for group in dict.fromkeys(setting.knob.group for setting in settings.values()):
        members = {name: setting for name, setting in settings.items() if setting.knob.group == group}
        is_open = group in OPEN_GROUPS
        if is_open:
            place = st.container()
        else:
            mark = f" {CHANGED}" if any(values[name] != usual[name] for name in members) else ""
            place = st.expander(f"{group}{mark}", key=f"{_KEY} group {group}")
        with place:
            own = [problem for problem in problems if problem.field in members]
            show_knobs(members, values, reference=usual, problems=own, key=f"{_KEY} knob", headed=is_open)


def _settings(values: dict[str, Value]) -> dict[str, Setting]:
    """The recipe's settings, in which what this machine has can be chosen."""
    settings = Recipe.settings()
    # What only a link knows stays a choice, with its problem beside it.
    sets = dict.fromkeys((*names(), str(values["dataset"])))
    titles = {name: title_of(name) if _is_here(name) else f"{title_of(name)} (download)" for name in sets}
    dataset, device = settings["dataset"], settings["device"]
    return {
        **settings,
        "dataset": replace(dataset, kind="choice", choices=tuple(sets), knob=replace(dataset.knob, names=titles)),
        "device": replace(
            device, kind="choice", choices=tuple(dict.fromkeys(("auto", *devices(), str(values["device"]))))
        ),
    }


def _is_here(name: str) -> bool:
    return name not in DATASETS or is_here(name)
