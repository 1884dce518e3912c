"""The address of a page and the network that it describes: `?preset=resnet18&width=48&depths=2,2,3,2`.

Only what differs from the preset is written, so that a person can read and write a link.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cnnlab.architectures import preset
from cnnlab.spec import Problem, Refused, Value, text_of

DEFAULT_PRESET = "resnet18"
"""What a visitor without a link sees first."""

OTHER_PARAMETERS = frozenset({"run"})
"""What an address may say beside the network."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A preset and every field's value, which need not make a working network."""

    preset: str
    values: dict[str, Value]


def read(parameters: Mapping[str, str]) -> tuple[Choice, tuple[Problem, ...]]:
    """The choice that an address describes, and what of it was refused; the rest is used."""
    texts = {name: text for name, text in parameters.items() if name not in OTHER_PARAMETERS}
    name = texts.pop("preset", DEFAULT_PRESET)
    refused: tuple[Problem, ...] = ()
    try:
        spec = preset(name)
    except Refused as error:
        name, spec, refused = DEFAULT_PRESET, preset(DEFAULT_PRESET), error.problems
    values, problems = type(spec).parse(texts)
    return Choice(name, {**spec.values, **values}), refused + problems


def write(choice: Choice) -> dict[str, str]:
    """The parameters of the address that `read` takes back to this choice."""
    original = preset(choice.preset).values
    changed = {name: text_of(value) for name, value in choice.values.items() if value != original[name]}
    return {"preset": choice.preset, **changed}
