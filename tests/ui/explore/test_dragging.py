"""The thumb of a slider that moves: what it passes reaches the numbers, and nothing else is done with it."""

import pytest

from cnnlab.analysis import analyse
from cnnlab.architectures import preset
from cnnlab.words.numbers import count
from tests.ui.conftest import open_page
from tests.ui.numbers import number

WIDTH = "knob.resnet18.width"


def test_the_numbers_follow() -> None:
    page = open_page("explore")
    number(page, WIDTH).drag(40, 48)
    assert page.metric[0].value == count(analyse(preset("resnet18").replace(width=48)).params)
    assert number(page, WIDTH).value == 48


@pytest.mark.parametrize("nonsense", [float("inf"), [1], {"a": 1}, True, "Set Width to 3"])
def test_what_is_no_number_is_left(nonsense: object) -> None:
    page = open_page("explore")
    number(page, WIDTH).drag(nonsense)
    assert number(page, WIDTH).value == 64
    assert not page.exception


def test_a_guess_is_not_given_away() -> None:
    page = open_page("explore", guess="on")
    with pytest.raises(StopIteration):
        number(page, WIDTH).drag(48)
