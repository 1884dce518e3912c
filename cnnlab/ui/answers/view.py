"""Which answers of a run are looked at: the epoch, the part, the cell, the other run. It is part of the address.

`?epoch=3&part=validation&cell=4,9&against=h7k2m9`
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

import streamlit as st

from cnnlab.training.answers import EvaluatedPart
from cnnlab.ui.state.address import last_parameters, put_parameters, state_of_address
from cnnlab.words.sentence import Sentence

PARAMETERS = ("epoch", "part", "cell", "against")

PARTS: tuple[EvaluatedPart, ...] = ("test", "validation")
assert set(PARTS) == set(get_args(EvaluatedPart))

LONGEST_NUMBER = 9
"""Digits of a number that is read from an address."""

_STATE = "answers that are looked at"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersView:
    """The choice; `epoch` is None for the last one, `cell` is a class and an answer, `against` the id of a run.

    `problems` says what of the address cannot be. The choice belongs to the run of that id, or to the first one shown.
    """

    run_id: str | None = None
    epoch: int | None = None
    part: EvaluatedPart = "test"
    cell: tuple[int, int] | None = None
    against: str | None = None
    problems: tuple[Sentence, ...] = ()


def read_view(parameters: Mapping[str, str]) -> AnswersView:
    """The choice of an address, and a sentence for each parameter that cannot be."""
    view, problems = AnswersView(against=parameters.get("against")), []
    if (epoch := parameters.get("epoch")) is not None:
        if _is_number(epoch) and int(epoch) > 0:
            view = replace(view, epoch=int(epoch))
        else:
            problems.append(_refused("epoch", "a whole number from 1 on, such as 3", epoch, "the last epoch"))
    if (part := parameters.get("part")) is not None:
        if part in PARTS:
            view = replace(view, part=next(known for known in PARTS if known == part))
        else:
            problems.append(_refused("part", "one of test, validation", part, "the part of the test images"))
    if (cell := parameters.get("cell")) is not None:
        numbers = cell.split(",")
        if len(numbers) == 2 and all(map(_is_number, numbers)):
            view = replace(view, cell=(int(numbers[0]), int(numbers[1])))
        else:
            problems.append(_refused("cell", "a class and an answer, such as 4,9", cell, "the largest mistake"))
    return replace(view, problems=tuple(problems))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER


def _refused(field: str, rule: str, value: str, shown: str) -> Sentence:
    return Sentence(
        "`{field}` must be {rule}, and it is {value!r}: {shown} is shown.",
        field=field,
        rule=Sentence(rule),
        value=value,
        shown=Sentence(shown),
    )


def view_of(run_id: str) -> AnswersView:
    """The choice for that run: another run begins with none."""
    view = state_of_address(_STATE, lambda: read_view(last_parameters()))
    if view.run_id != run_id:
        view = replace(view, run_id=run_id) if view.run_id is None else AnswersView(run_id=run_id)
        st.session_state[_STATE] = view
    return view


def change_view(**changes: Any) -> None:
    """Replace parts of the choice; the problems of the address are forgotten."""
    st.session_state[_STATE] = replace(st.session_state[_STATE], problems=(), **changes)


def view_parameters(run_id: str) -> dict[str, str]:
    """The parameters of the address from which the choice is read back."""
    view = view_of(run_id)
    found = {
        "epoch": None if view.epoch is None else str(view.epoch),
        "part": None if view.part == PARTS[0] else view.part,
        "cell": None if view.cell is None else ",".join(map(str, view.cell)),
        "against": view.against,
    }
    return {name: text for name, text in found.items() if text}


def put_view(run_id: str) -> None:
    """Writes the choice to the address."""
    put_parameters(view_parameters(run_id), PARAMETERS)
