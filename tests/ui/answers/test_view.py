"""What of an address is a choice of answers, and what has a sentence."""

import pytest

from cnnlab.ui.answers.view import AnswersView, read_view


def test_an_address_without_parameters_leaves_the_choice_to_the_page() -> None:
    assert read_view({}) == AnswersView()
    assert read_view({"run": "h7k2m9", "name": "x"}) == AnswersView()


def test_a_whole_address_is_read() -> None:
    view = read_view({"epoch": "3", "part": "validation", "cell": "4,9", "against": "h7k2m9"})
    assert view == AnswersView(epoch=3, part="validation", cell=(4, 9), against="h7k2m9")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("epoch", ["", "0", "-5", "1.5", "²", "9" * 5000, "banana"]),
        ("part", ["", "train", "TEST"]),
        ("cell", ["", "4", "4,", "4,9,1", "-1,2", "a,b", "4," + "9" * 5000]),
    ],
)
def test_what_cannot_be_has_a_sentence_with_the_field_and_the_value(name: str, values: list[str]) -> None:
    for value in values:
        view = read_view({name: value})
        (sentence,) = view.problems
        assert sentence.startswith(f"`{name}` must be ")
        assert repr(value)[1:20].rstrip("'") in sentence
        assert (view.epoch, view.part, view.cell) == (None, "test", None)
