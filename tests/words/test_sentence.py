"""A sentence is its English text, and can be taken apart, stored and made again."""

import copy
import json

import pytest

from cnnlab.words.sentence import SHOWN_OF_LONG, Sentence, joined

REMEDY = Sentence("use {low} to {high}.", low=1, high=2048)
WHOLE = Sentence(
    "`{field}` must be at least {low}, and it is {value}: {remedy}", field="width", low=1, value=0, remedy=REMEDY
)


def test_a_sentence_is_its_english_text() -> None:
    assert WHOLE == "`width` must be at least 1, and it is 0: use 1 to 2048."
    assert f"{WHOLE}" == WHOLE
    assert json.dumps(WHOLE) == json.dumps(str(WHOLE))


def test_braces_in_values_stay_as_they_are() -> None:
    assert Sentence("A file {name} is missing.", name="{x}") == "A file {x} is missing."
    assert Sentence.verbatim("{x} {") == "{x} {"


@pytest.mark.parametrize("sentence", [WHOLE, Sentence.verbatim("{odd"), joined([WHOLE, REMEDY])])
def test_it_can_be_stored_and_copied(sentence: Sentence) -> None:
    for again in (Sentence.from_stored(sentence.stored()), copy.copy(sentence), copy.deepcopy(sentence)):
        assert again == sentence
        assert again.template == sentence.template
        assert dict(again.values) == dict(sentence.values)


@pytest.mark.parametrize(
    "text", ["", "plain", "{", '{"template": "x"}', '{"template": "{a}", "values": {}}', '"x"', "3", "null"]
)
def test_a_text_stored_before_there_were_templates_stays_as_it_is(text: str) -> None:
    assert Sentence.from_stored(text) == text


def test_a_long_value_is_shortened_and_a_long_sentence_is_not() -> None:
    sentence = Sentence("It is {value!r}: {remedy}", value="9" * 60_000, remedy=Sentence.verbatim("a" * 500))
    assert sentence == f"It is '{'9' * SHOWN_OF_LONG} … (60\u202f000 characters)': {'a' * 500}"
    assert Sentence.from_stored(sentence.stored()) == sentence
    assert len(sentence.stored()) < 1000
