"""The address of a page: the network, the recipe and the runs that it describes.

`?preset=resnet18&width=48&depths=2,2,3,2&epochs=5&run=h7k2m9`: only what differs from the preset and from the recipe's
defaults is written, so that a person can read and write a link.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cnnlab.architectures import NetworkSpec, family_of, preset
from cnnlab.spec import Problem, Refused, Value, text_of
from cnnlab.training import Recipe

DEFAULT_PRESET = "resnet18"
"""The preset of a visitor without a link."""

FILTER_PARAMETERS = ("name", "tag", "data", "state", "mine")
"""The parameters that say which runs are listed."""

HIDE, ONLY = "hide", "only"
"""The parameters that hide knobs."""

GUESS = "guess"
"""The parameter that says whether numbers are covered until somebody has guessed."""

INSIDE_PARAMETERS = ("epoch", "image", "layer", "view")
"""The parameters that say what of a network the Inside page shows."""

OTHER_PARAMETERS = frozenset({"run", *INSIDE_PARAMETERS, GUESS, HIDE, ONLY, *FILTER_PARAMETERS, *Recipe.settings()})
"""The parameters of an address that are not about the network."""

_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|twclid|ttclid|yclid|li_fat_id|igshid|mc_[ce]id|_hs(enc|mi)",
    re.ASCII,
)


def is_tracking(name: str) -> bool:
    """Whether a parameter is one that other sites add to the links that lead here: it says nothing about the page.

    >>> [name for name in ("utm_source", "fbclid", "width") if is_tracking(name)]
    ['utm_source', 'fbclid']
    """
    return _TRACKING.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Choice:
    """A preset and the values of all fields, which need not be valid together."""

    preset: str
    values: dict[str, Value]


def read(parameters: Mapping[str, str], default: str = DEFAULT_PRESET) -> tuple[Choice, tuple[Problem, ...]]:
    """The choice that an address describes, and its problems; what is valid is used."""
    texts = {name: text for name, text in parameters.items() if name not in OTHER_PARAMETERS}
    name = texts.pop("preset", default)
    refused: tuple[Problem, ...] = ()
    try:
        spec = preset(name)
    except Refused as error:
        name, spec, refused = default, preset(default), error.problems
    values, problems = type(spec).parse(texts)
    return Choice(name, {**spec.values, **values}), refused + problems


def write(choice: Choice) -> dict[str, str]:
    """The parameters of the address that `read` takes back to this choice."""
    original = preset(choice.preset).values
    changed = {name: text_of(value) for name, value in choice.values.items() if value != original[name]}
    return {"preset": choice.preset, **changed}


def choice_of(spec: NetworkSpec) -> Choice:
    """The choice that makes this spec: the preset that it differs least from, and its values."""
    presets = family_of(spec).presets
    nearest = min(presets, key=lambda name: len(spec.changes_from(presets[name])))
    return Choice(nearest, dict(spec.values))


def read_recipe(parameters: Mapping[str, str]) -> tuple[dict[str, Value], tuple[Problem, ...]]:
    """All values of the recipe that an address describes, and its problems; what is valid is used."""
    values, problems = Recipe.parse({name: text for name, text in parameters.items() if name in Recipe.settings()})
    return {**Recipe().values, **values}, problems


def write_recipe(values: Mapping[str, Value]) -> dict[str, str]:
    """The parameters of the address that `read_recipe` takes back to these values."""
    usual = Recipe().values
    return {name: text_of(value) for name, value in values.items() if value != usual[name]}
