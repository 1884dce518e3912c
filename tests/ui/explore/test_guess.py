"""Guessing on the Explore page what a knob will do: only where somebody asked for it."""

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.analysis import analyse
from cnnlab.architectures import preset
from cnnlab.words.numbers import macs, ratio
from tests.ui.conftest import open_page
from tests.ui.numbers import number

WIDTH = "knob.resnet18.width"


def text_of(test: AppTest) -> str:
    parts = (*test.markdown, *test.header, *test.caption)
    return " ".join(part.value.replace("\\", "") for part in parts)


def turn(test: AppTest, width: int) -> None:
    number(test, WIDTH).put(width)
    assert not test.exception


def test_a_knob_is_guessed_before_its_numbers_are_in_the_page() -> None:
    test = open_page("explore", guess="on")
    assert len(test.metric) == 5  # the network that one starts with is shown
    turn(test, 48)
    assert not test.metric
    assert not test.get("echarts_chart")
    assert "Width of the first stage: 64 → 48. How do the MACs change?" in text_of(test)
    narrow, usual = (analyse(preset("resnet18").replace(width=width)).macs for width in (48, 64))
    assert macs(narrow) not in text_of(test)
    test.select_slider("guess.factor.explore").set_value(1 / 2)
    test.button("guess.answer").click().run()
    assert [(metric.value, metric.delta) for metric in test.metric][:2] == [
        ("÷ 2.00", macs(usual / 2)),
        (ratio(narrow, usual), macs(narrow)),
    ]
    assert len(test.metric) == 7
    assert test.query_params["guess"] == "on"
    turn(test, 32)
    assert "48 → 32" in text_of(test)  # compared with what was seen last
    assert not test.metric


def test_nothing_is_asked_where_nobody_wants_it() -> None:
    test = open_page("explore")
    turn(test, 48)
    assert len(test.metric) == 5
    assert "guess" not in test.query_params
    test.toggle("guess.explore").set_value(True).run()
    assert len(test.metric) == 5
    turn(test, 40)
    assert not test.metric
    test.toggle("guess.explore").set_value(False).run()
    assert len(test.metric) == 5


@pytest.mark.parametrize("word", ["maybe", ""])
def test_a_bad_parameter_is_a_sentence(word: str) -> None:
    test = open_page("explore", guess=word)
    assert "`guess` must be one of on, off" in test.warning[0].value.replace("\\", "")
    assert len(test.metric) == 5
