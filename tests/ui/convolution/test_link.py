"""The address of the Convolution page: what is written is read back, and what makes no sense is named."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.insight.one_layer.window import Sliding, stages
from cnnlab.ui.components.step_through.step_through import Place
from cnnlab.ui.convolution.link import PAGE_PARTS, read_part, read_place, usual_values, write_part
from tests.strategies import possible_values


@settings(max_examples=25)
@given(st.data())
def test_what_is_written_is_read_back(data: Any) -> None:
    part = data.draw(st.sampled_from(list(PAGE_PARTS)))
    values = data.draw(possible_values(PAGE_PARTS[part]))
    assert read_part(write_part(part, values)) == (part, values, ())


@pytest.mark.parametrize("part", PAGE_PARTS)
def test_only_what_differs_is_written(part: str) -> None:
    assert write_part(part, usual_values(part)) == {"part": part}
    assert PAGE_PARTS[part].check(usual_values(part))[1] == ()


def test_an_empty_address_is_the_first_part() -> None:
    assert read_part({}) == ("steps", usual_values("steps"), ())


def test_a_typed_kernel_is_in_the_address() -> None:
    values = {**usual_values("steps"), "kernel": "typed", "weights": "1 0 -1; 2 0 -2"}
    assert write_part("steps", values) == {"part": "steps", "kernel": "typed", "weights": "1 0 -1; 2 0 -2"}


def test_nonsense_is_named_and_the_rest_is_used() -> None:
    part, values, problems = read_part({"part": "price", "stride": "2", "colour": "red", "padding": "99"})
    assert part == "steps"
    assert values == {**usual_values("steps"), "stride": 2}
    first, *rest = (problem.sentence for problem in problems)
    assert first == "There is no part 'price' of this page: use steps, cost, factors or learn."
    assert len(rest) == 2


SEPARABLE = stages(Sliding(operation="depthwise_separable", picture="edges", padding=0, out_channels=2))
"""Two steps; the second has two maps of 4×6 cells."""


def test_a_place_is_a_row_and_a_column_of_a_map() -> None:
    assert read_place({}, SEPARABLE) == (None, ())
    assert read_place({"row": "3", "column": "5"}, SEPARABLE) == (Place(row=3, column=5), ())
    named = {"step": "2", "map": "2", "row": "4", "column": "6"}
    assert read_place(named, SEPARABLE) == (Place(step=2, map=2, row=4, column=6), ())
    assert read_part({**named, "stride": "2"}) == ("steps", {**usual_values("steps"), "stride": 2}, ())


@pytest.mark.parametrize(
    ("name", "text", "last"),
    [("step", "3", 2), ("map", "2", 1), ("row", "0", 4), ("row", "5", 4), ("column", "7", 6), ("column", "-1", 6)]
    + [("row", text, 4) for text in ("", "x", "1.5", "٣", "1e2", "9" * 300)],
)
def test_a_place_that_is_not_there_is_a_sentence(name: str, text: str, last: int) -> None:
    place, (problem,) = read_place({"row": "1", "column": "1", name: text}, SEPARABLE)
    assert place is None
    assert problem.field == name
    assert f"from 1 to {last} here, and it is {text!r}" in problem.sentence
