"""The recipe's knobs on the Train page, and the ready-made recipes."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from cnnlab.data import DATASETS, dataset_names, is_available, title_of
from cnnlab.spec import Problem, Setting, Value
from cnnlab.training import Recipe
from cnnlab.training.devices import devices
from cnnlab.training.named_recipes import RECIPES, NamedRecipe
from cnnlab.ui.knobs.panel import show_knobs
from cnnlab.ui.knobs.row import CHANGED
from cnnlab.ui.markdown import plain
from cnnlab.ui.state.hiding import hiding

_KEY, _NAMED = "recipe", "train.recipe"

RECIPE_PANEL = f"{_KEY} knob"
"""The key of the knobs."""

OPEN_GROUPS = ("Data", "Steps")
"""The groups that are always open; the others are collapsed."""


def pick_recipe(values: dict[str, Value], take: Callable[[NamedRecipe], None]) -> None:
    """The ready-made recipes; the one whose values are the current ones is selected. `take` gets the picked one."""
    chosen = next((name for name, named in RECIPES.items() if named.recipe.values == values), None)
    st.session_state[_NAMED] = chosen
    st.pills(
        "Ready-made recipes",
        list(RECIPES),
        format_func=lambda name: RECIPES[name].title,
        key=_NAMED,
        on_change=lambda: take(RECIPES[st.session_state[_NAMED]]) if st.session_state[_NAMED] else None,
        help="Sets everything: the network, the data and the training.",
    )
    if chosen is not None:
        st.caption(plain(RECIPES[chosen].idea))


def show_recipe_knobs(values: dict[str, Value], problems: tuple[Problem, ...]) -> None:
    """The knobs of the recipe, with the data sets and devices of this machine."""
    hidden = hiding().hidden(Recipe.settings())
    settings = {name: setting for name, setting in _settings(values).items() if name not in hidden}
    defaults = Recipe().values
    for group in dict.fromkeys(setting.knob.group for setting in settings.values()):
        members = {name: setting for name, setting in settings.items() if setting.knob.group == group}
        is_open = group in OPEN_GROUPS
        if is_open:
            place = st.container()
        else:
            mark = f" {CHANGED}" if any(values[name] != defaults[name] for name in members) else ""
            place = st.expander(f"{group}{mark}", key=f"{_KEY} group {group}")
        with place:
            own = [problem for problem in problems if problem.field in members]
            show_knobs(members, values, reference=defaults, problems=own, key=RECIPE_PANEL, headed=is_open)


def _settings(values: dict[str, Value]) -> dict[str, Setting]:
    """The recipe's settings, with this machine's data sets and devices as choices."""
    settings = Recipe.settings()
    # An unknown value of a link stays a choice, with its problem beside it.
    sets = dict.fromkeys((*dataset_names(), str(values["dataset"])))
    titles = {name: f"{title_of(name)} (download)" if _needs_download(name) else title_of(name) for name in sets}
    dataset, device = settings["dataset"], settings["device"]
    return {
        **settings,
        "dataset": replace(dataset, kind="choice", choices=tuple(sets), knob=replace(dataset.knob, names=titles)),
        "device": replace(
            device, kind="choice", choices=tuple(dict.fromkeys(("auto", *devices(), str(values["device"]))))
        ),
    }


def _needs_download(name: str) -> bool:
    return name in DATASETS and not is_available(name)
