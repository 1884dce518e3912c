"""The address of the Convolution page: which of its parts is shown, and what differs there from the start.

`?part=cost&kernel_size=5&out_channels=256` is read and written by people too.
"""

from collections.abc import Mapping

from cnnlab.analysis.factorisations import Factoring
from cnnlab.analysis.one_layer import OneLayer
from cnnlab.insight.kernel_learning import KernelTask
from cnnlab.insight.window import Sliding
from cnnlab.spec import Problem, Spec, Value, text_of

PARTS: dict[str, type[Spec]] = {"steps": Sliding, "cost": OneLayer, "factors": Factoring, "learn": KernelTask}
"""The parts of the page and what each is set by; the first is shown where an address names none."""


def read_part(parameters: Mapping[str, str]) -> tuple[str, dict[str, Value], tuple[Problem, ...]]:
    """The part that an address asks for, every value there, and what of the address was refused; the rest is used."""
    texts = dict(parameters)
    first = next(iter(PARTS))
    part = texts.pop("part", first)
    refused: tuple[Problem, ...] = ()
    if part not in PARTS:
        sentence = f"`part` must be one of the page's parts, and it is {part!r}: use {', '.join(PARTS)}."
        part, refused = first, (Problem("part", sentence),)
    values, problems = PARTS[part].parse(texts)
    return part, {**usual_values(part), **values}, refused + problems


def write_part(part: str, values: Mapping[str, Value]) -> dict[str, str]:
    """The parameters of the address that `read_part` takes back to these values."""
    usual = usual_values(part)
    return {"part": part, **{name: text_of(value) for name, value in values.items() if value != usual[name]}}


def usual_values(part: str) -> dict[str, Value]:
    """What a part is set to at first."""
    return PARTS[part]().values
