"""The hints of a first visit: for somebody who opens the lab itself, and not a link to a network or a projector."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.ui.explore.hints import HINTS
from tests.ui.conftest import open_page


def shown(test: AppTest) -> list[str]:
    data = [json.loads(element.proto.json or "{}") for element in test.get("bidi_component")]
    return [hint["name"] for found in data if "hints" in found for hint in found["hints"]]


def test_they_are_shown_while_the_visitor_looks_around() -> None:
    test = open_page("explore")
    assert shown(test) == [hint.name for hint in HINTS]
    test.selectbox("explore.family").set_value("vgg").run()
    assert test.title[0].value.startswith("vgg")
    assert shown(test) == [hint.name for hint in HINTS]


@pytest.mark.parametrize("parameters", [{"preset": "resnet18"}, {"hide": "width"}, {"projector": "1"}])
def test_they_are_not_shown_where_the_address_names_a_state_or_a_projector(parameters: dict[str, str]) -> None:
    assert shown(open_page("explore", **parameters)) == []
