"""What the Runs page says of the answers of a run: at each epoch, for any address, and beside another run."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.figures.answers.matrix import MAX_CLASSES
from cnnlab.runs import Store
from cnnlab.runs.results.answers import EpochAnswers, all_answers
from cnnlab.runs.store.files import answers_file
from cnnlab.training import Recipe
from tests.ui.answers.runs import DIGITS, answered, write_answers
from tests.ui.conftest import open_page, submit


def _words(test: AppTest) -> str:
    """All sentences of the page, as they are read."""
    elements = (*test.markdown, *test.caption, *test.warning, *test.info, *test.error)
    return "\n".join(re.sub(r"\\([^\w\s]|_)", r"\1", str(element.value)) for element in elements)


def _gallery(test: AppTest, key: str = "answers.images.gallery") -> dict[str, Any]:
    """The data of the gallery of that key; {} where there is none."""
    for element in test.get("bidi_component"):
        if key in element.proto.id and element.proto.json:
            return json.loads(element.proto.json)
    return {}


def _labels(test: AppTest, key: str) -> list[str]:
    (group,) = (group for group in test.button_group if group.key == key)
    return [re.sub(r"\\", "", option.content) for option in group.proto.options]


def test_it_begins_with_the_sentence_and_shows_the_largest_mistake(store: Store) -> None:
    test = open_page("runs", run=answered(store))
    words = _words(test)
    assert "99.4 % right. The most frequent mistake: 4 taken for 9, 2 of 36 times." in words
    assert "After epoch 3 of 3, on 355 test images." in words
    assert "### Confusion after epoch 3" in words
    assert "6 images were learnt and forgotten" not in words
    assert _labels(test, "answers.list") == [
        "4 taken for 9 · 2",
        "Most confident mistakes · 2",
        "Learnt and forgotten · 0",
        "Never learnt · 2",
        "Learnt · 353",
    ]
    images = _gallery(test)["images"]
    assert [(image["before"], image["answer"], image["note"], image["tag"]) for image in images] == [
        ("4 → ", "9", "99.6 %", "label?"),
        ("4 → ", "9", "99.2 %", "label?"),
    ]
    assert "epoch" not in test.query_params


def test_an_address_leads_to_an_epoch_a_part_and_a_cell(store: Store) -> None:
    run_id = answered(store, recipe=DIGITS.replace(validation_share=0.2))
    test = open_page("runs", run=run_id, epoch="1", part="validation", cell="7,7")
    assert "After epoch 1 of 3, on 288 validation images." in _words(test)
    assert "4 taken for 9, 8 of" in _words(test)
    assert _labels(test, "answers.list")[0].startswith("7 recognised · ")
    gallery = _gallery(test)
    assert len(gallery["images"]) == gallery["sprite"]["count"] > 20
    assert not gallery["can_open"]  # the Inside page has test images alone
    assert not test.warning
    assert {name: test.query_params[name] for name in ("epoch", "part", "cell")} == {
        "epoch": "1",
        "part": "validation",
        "cell": "7,7",
    }


@pytest.mark.parametrize(
    ("parameters", "sentences"),
    [
        (
            {"epoch": "banana", "part": "train", "cell": "4", "against": "<b>x"},
            [
                "`epoch` must be a whole number from 1 on, such as 3, and it is 'banana': the last epoch is shown.",
                "`part` must be one of test, validation, and it is 'train': the part of the test images is shown.",
                "`cell` must be a class and an answer, such as 4,9, and it is '4': the largest mistake is shown.",
                "There is no run '<b>x' here",
            ],
        ),
        (
            {"epoch": "7", "part": "validation", "cell": "4,10"},
            [
                "The answers of epoch 7 are not kept: choose one of 1, 2, 3.",
                "The run has no validation images: choose one of test.",
                "`cell` must be two classes from 0 to 9, and it is 4,10: the largest mistake is shown.",
            ],
        ),
    ],
)
def test_what_an_address_asks_for_in_vain_has_a_sentence(
    store: Store, parameters: dict[str, str], sentences: list[str]
) -> None:
    test = open_page("runs", run=answered(store), **parameters)
    warnings = [re.sub(r"\\", "", warning.value) for warning in test.warning]
    assert len(warnings) == len(sentences)
    assert all(any(sentence in warning for warning in warnings) for sentence in sentences), warnings
    assert "After epoch 3 of 3, on 355 test images." in _words(test)


def test_a_run_without_answers_says_so(store: Store) -> None:
    assert "What it learnt is shown here after its first epoch." in _words(open_page("runs", run=submit(store)))
    earlier = answered(store, "of an earlier version")
    answers_file(store.folder, earlier).unlink()
    words = _words(open_page("runs", run=earlier, epoch="2"))
    assert "The run 'of an earlier version' has no answers" in words
    assert "Train it again." in words


def test_a_set_that_is_not_here_has_a_sentence(store: Store) -> None:
    answers = answers_file(store.folder, answered(store)).read_bytes()
    gone = submit(store, recipe=Recipe(dataset="cifar10"))
    answers_file(store.folder, gone).parent.mkdir(parents=True)
    answers_file(store.folder, gone).write_bytes(answers)
    assert "CIFAR-10" in "".join(info.value for info in open_page("runs", run=gone).info).replace("\\", "")


def test_a_run_that_goes_on_is_followed(store: Store) -> None:
    run_id = answered(store, taken=((4, 9, 8),), end=False)
    test = open_page("runs", run=run_id)
    assert "### Confusion after epoch 1" in _words(test)
    write_answers(store, run_id, 2, 3, 5, 6)
    assert "The most frequent mistake: 3 taken for 5, 6 of" in _words(test.run())
    assert _labels(test, "answers.list")[0] == "3 taken for 5 · 6"


def test_a_confusion_and_a_list_are_chosen(store: Store) -> None:
    test = open_page("runs", run=answered(store, taken=((4, 9, 8), (3, 5, 2))))
    assert _labels(test, "answers.largest") == ["3 → 5 · 2"]
    group = next(group for group in test.button_group if group.key == "answers.list")
    group.set_value("learnt").run()
    assert len(_gallery(test)["images"]) == 30
    assert [image["before"] for image in _gallery(test)["images"]][:8] == ["4 → "] * 8  # the last ones to be learnt
    first = _gallery(test)["images"][0]["number"]
    test.button("answers.images.more").click().run()
    assert first not in [image["number"] for image in _gallery(test)["images"]]
    assert "31 to 60 of 353" in _words(test)
    test.button("answers.images.less").click().run()
    assert _gallery(test)["images"][0]["number"] == first


def test_classes_of_any_name_are_shown_as_text(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "<img src=x> **b** $x$"

    def renamed(*arguments: Any, **options: Any) -> EpochAnswers:
        return replace(all_answers(*arguments, **options), class_names=(*"0123", evil, *"56789"))

    monkeypatch.setattr("cnnlab.ui.answers.found.all_answers", renamed)
    test = open_page("runs", run=answered(store))
    written = "\n".join(str(element.value) for element in (*test.markdown, *test.caption))
    assert "\\<img src\\=x\\> \\*\\*b\\*\\* \\$x\\$" in written
    assert evil not in written
    assert _gallery(test)["images"][0]["before"] == f"{evil} → "


def test_two_runs_are_compared_on_the_images_on_which_they_differ(store: Store) -> None:
    first = answered(store, "first", taken=((4, 9, 8), (4, 9, 2)))
    second = answered(store, "second", taken=((4, 9, 8), (4, 9, 8)))
    answered(store, "of other images", recipe=DIGITS.replace(test_share=0.5))
    test = open_page("runs", run=f"{first},{second}")
    words = _words(test)
    assert "A (first) alone is right on 6 images, B (second) alone on 0." in words
    assert "on such images A (first) is better" in words
    assert "A after epoch 2, B after epoch 2. Both are right on 347 images, neither on 2." in words
    assert _labels(test, "answers.alone") == ["A right, B wrong · 6", "B right, A wrong · 0"]
    assert [image["answer"] for image in _gallery(test, "answers.differing.gallery")["images"]] == ["9"] * 6
    assert test.selectbox("answers.against").options == ["second"]


def test_a_run_is_compared_with_the_one_that_is_chosen(store: Store) -> None:
    first = answered(store, "first", taken=((4, 9, 8), (4, 9, 2)))
    second = answered(store, "second", taken=((3, 5, 4),))
    test = open_page("runs", run=first)
    assert "alone is right" not in _words(test)
    test.selectbox("answers.against").set_value(second).run()
    assert "A (first) alone is right on 4 images, B (second) alone on 2." in _words(test)
    assert test.query_params["against"] == second
    again = open_page("runs", run=first, against=second, epoch="1")
    assert "A (first) alone is right on 4 images, B (second) alone on 8." in _words(again)
    strange = answered(store, "of other images", recipe=DIGITS.replace(test_share=0.5))
    refused = open_page("runs", run=first, against=strange)
    assert "`against` must be another run on the same images as 'first', and it is 'of other images'" in _words(refused)


def test_precision_and_recall_are_in_a_table(store: Store) -> None:
    test = open_page("runs", run=answered(store))
    assert not any("recall" in table.value for table in test.dataframe)
    test.session_state["answers.classes"] = True
    table = next(table.value for table in test.run().dataframe if "recall" in table.value)
    four, nine = table.iloc[4], table.iloc[9]
    assert (four["class"], four["images"], four["precision"]) == ("4", 36, 1.0)
    assert four["recall"] == pytest.approx(34 / 36)
    assert nine["precision"] == pytest.approx(nine["images"] / (nine["images"] + 2))


def test_answers_that_are_no_class_of_the_set_are_one_class_more(store: Store) -> None:
    test = open_page("runs", run=answered(store, taken=((4, 200, 8),)))
    assert "The most frequent mistake: 4 taken for other, 8 of 36 times." in _words(test)
    assert _gallery(test)["images"][0]["answer"] == "other"


def test_of_many_classes_the_pairs_that_are_confused_most_are_shown(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = tuple(f"class {i}" for i in range(MAX_CLASSES + 1))
    monkeypatch.setattr(
        "cnnlab.ui.answers.found.all_answers",
        lambda *arguments, **options: replace(all_answers(*arguments, **options), class_names=names),
    )
    first, second = answered(store, "first", taken=((4, 9, 2),)), answered(store, "second", taken=((4, 9, 3),))
    test = open_page("runs", run=f"{first},{second}")
    assert "4 taken for class 9, 2 of 36 times" in _words(test)
    keys = [element.proto.id for element in test.get("bidi_component")]
    assert any("answers.pairs" in key for key in keys)
    assert not any("answers.matrix" in key or "answers.difference" in key for key in keys)
    assert "A (first) alone is right on 1 images, B (second) alone on 0." in _words(test)
