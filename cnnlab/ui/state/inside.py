"""What the Inside page looks at: read from the address on arrival, kept in the session, and written to the address.

`?run=h7k2m9&epoch=3&image=412&layer=features.conv2&view=why`; without a run, `?preset=` and what is changed of it, and
the `dataset`, `initialisation` and `seed` of a recipe: a network before its first step.
"""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from cnnlab.spec import Problem
from cnnlab.training import Recipe
from cnnlab.ui.state.address import given_parameters, last_parameters, put_address, state_of_address
from cnnlab.ui.state.link import INSIDE_PARAMETERS, read, read_recipe, write, write_recipe
from cnnlab.ui.state.network import chosen, take
from cnnlab.ui.state.recipe import recipe_values, take_recipe

FIRST_PRESET = "lenet5_tutorial"
"""The network of a visitor without a link or a run: its maps are few, and large enough to be seen."""

MAX_RUNS = 2
"""Runs that are looked at beside each other."""

_STATE, _IS_OPEN = "what the Inside page looks at", "the Inside page is open"
_OF_RECIPE = ("dataset", "initialisation", "seed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The address in its own words: `epoch`, `image` and `layer` as they were typed, "" where the page chooses.

    `runs` are ids, of at most `MAX_RUNS`; without any, the page chooses a run, unless the network `is_untrained`.
    `problems` are those of a link to such a one.
    """

    runs: tuple[str, ...] = ()
    is_untrained: bool = False
    epoch: str = ""
    image: str = ""
    layer: str = ""
    view: str = ""
    problems: tuple[Problem, ...] = ()


def inside_parameters(
    run_id: str, *, epoch: int | None = None, image: int | None = None, layer: str = "", view: str = ""
) -> dict[str, str]:
    """For `query_params` of a link to the page; where something is left out, the page chooses.

    `image` is the number of a test image, from 0, in the order of `cnnlab.answers`.

    >>> inside_parameters("ab12", epoch=3, image=412)
    {'run': 'ab12', 'epoch': '3', 'image': '412'}
    """
    found = {"run": run_id, "epoch": epoch, "image": image, "layer": layer, "view": view}
    return {name: str(value) for name, value in found.items() if value not in (None, "")}


def leave() -> None:
    """To be called on every other page: when the visitor comes back by a link, its address is read again."""
    st.session_state.pop(_IS_OPEN, None)


def place() -> Place:
    """Where the visitor is; an address without parameters leads to where they were last."""
    is_arrival = not st.session_state.get(_IS_OPEN)
    st.session_state[_IS_OPEN] = True
    if is_arrival and given_parameters():
        st.session_state.pop(_STATE, None)
    return state_of_address(_STATE, _read)


def _read() -> Place:
    given = last_parameters()
    problems: tuple[Problem, ...] = ()
    if "preset" in given:
        choice, problems = read(given, FIRST_PRESET)
        values, refused = read_recipe(given)
        recipe, refused_together = Recipe.check(values)
        take(choice)
        if recipe is not None:
            take_recipe(recipe)
        problems += refused or refused_together
    runs = tuple(dict.fromkeys(filter(None, given.get("run", "").split(","))))
    texts = {name: given.get(name, "") for name in INSIDE_PARAMETERS}
    is_untrained = "preset" in given
    return Place(runs=() if is_untrained else runs[:MAX_RUNS], is_untrained=is_untrained, problems=problems, **texts)


def go(**changed: Any) -> None:
    """Change where the visitor is."""
    st.session_state[_STATE] = replace(st.session_state[_STATE], **changed)


def write_place(found: Place) -> None:
    """Write it to the address, so that a copy of it shows the same."""
    texts = {name: getattr(found, name) for name in INSIDE_PARAMETERS}
    parameters = {name: text for name, text in texts.items() if text}
    if not found.is_untrained:
        put_address({**({"run": ",".join(found.runs)} if found.runs else {}), **parameters})
        return
    recipe = {name: text for name, text in write_recipe(recipe_values()[0]).items() if name in _OF_RECIPE}
    put_address({**write(chosen(FIRST_PRESET)[0]), **recipe, **parameters})
