"""Whole numbers as people and hostile links write them."""

import pytest

from cnnlab.words.reading import LARGEST, read_number


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("+7", 7), ("-7", -7), (str(LARGEST), LARGEST)])
def test_a_number_is_read(text: str, number: int) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "x", "1.5", "1e3", "٣", "²", str(LARGEST + 1), "9" * 20, "9" * 5000, "1" * 60_000]
)
def test_anything_else_is_none(text: str) -> None:
    assert read_number(text) is None


def test_the_bounds_are_inside() -> None:
    assert [read_number(text, 2, 3) for text in "1234"] == [None, 2, 3, None]
