"""The address of the Convolution page: which of its parts is shown, and which values differ from the defaults.

`?part=cost&kernel_size=5&out_channels=256` is read and written by people too. `?kernel=blur&row=3&column=5` says where
the window stands: the browser writes that part, since the window moves without the server.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cnnlab.analysis.convolution.factorisations import FactorisationSpec
from cnnlab.analysis.convolution.one_layer import OneLayer
from cnnlab.insight.one_layer.kernel_learning import KernelTask
from cnnlab.insight.one_layer.window import Sliding, Stage
from cnnlab.spec import Problem, Remedy, Spec, Value, text_of
from cnnlab.ui.components.step_through.step_through import Place
from cnnlab.words.reading import read_number
from cnnlab.words.sentence import Sentence
from cnnlab.words.suggest import did_you_mean, nearest_name

PAGE_PARTS: dict[str, type[Spec]] = {
    "steps": Sliding,
    "cost": OneLayer,
    "factors": FactorisationSpec,
    "learn": KernelTask,
}
"""The parts of the page and their specs; the first is the default."""


PLACE = ("step", "map", "row", "column")
"""The parameters of a `Place` in an address."""


def read_part(parameters: Mapping[str, str]) -> tuple[str, dict[str, Value], tuple[Problem, ...]]:
    """The part that an address names, all its values, and the problems of the address; what is valid is used."""
    texts = dict(parameters)
    first = next(iter(PAGE_PARTS))
    part = texts.pop("part", first)
    texts = {name: text for name, text in texts.items() if name not in PLACE}
    refused: tuple[Problem, ...] = ()
    if part not in PAGE_PARTS:
        sentence = Sentence(
            "There is no part {part!r} of this page: {remedy}", part=part, remedy=did_you_mean(part, PAGE_PARTS)
        )
        meant = nearest_name(part, PAGE_PARTS)
        remedies = () if meant is None else (Remedy("part", meant, None, Sentence("show {part}", part=meant)),)
        part, refused = first, (Problem("part", sentence, remedies=remedies),)
    values, problems = PAGE_PARTS[part].parse(texts)
    return part, {**usual_values(part), **values}, refused + problems


def write_part(part: str, values: Mapping[str, Value]) -> dict[str, str]:
    """The parameters of the address that `read_part` takes back to these values."""
    usual = usual_values(part)
    return {"part": part, **{name: text_of(value) for name, value in values.items() if value != usual[name]}}


def usual_values(part: str) -> dict[str, Value]:
    """The default values of a part."""
    return {name: setting.default for name, setting in PAGE_PARTS[part].settings().items()}


def read_place(parameters: Mapping[str, str], stages: Sequence[Stage]) -> tuple[Place | None, tuple[Problem, ...]]:
    """The place that an address names, or None where it names none or one that does not exist, with the problems."""
    if not any(name in parameters for name in PLACE):
        return None, ()
    place = Place()
    for name in PLACE:
        text, limit = parameters.get(name, "1"), _limit(name, place, stages)
        number = read_number(text, 1, limit)
        if number is None:
            sentence = Sentence(
                "`{field}` must be a whole number from 1 to {limit} here, and it is {text!r}: click a cell instead.",
                field=name,
                limit=limit,
                text=text,
            )
            return None, (Problem(name, sentence),)
        place = replace(place, **{name: number})
    return place, ()


def _limit(name: str, place: Place, stages: Sequence[Stage]) -> int:
    """The last step, map, row or column, once those before it are known."""
    stage = stages[place.step - 1]
    values = stage.outputs[place.map - 1].values
    return {"step": len(stages), "map": len(stage.outputs), "row": len(values), "column": len(values[0])}[name]
