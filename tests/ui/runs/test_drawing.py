"""The section of the Runs page in which one draws: which runs answer, under which names, and with what right."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from cnnlab.architectures import preset
from cnnlab.data import DATASETS
from cnnlab.runs import Store
from cnnlab.training import Recipe
from cnnlab.ui.serving.answering.question import MAX_RUNS
from cnnlab.ui.visitors.signing import is_token_for
from tests.ui.conftest import open_page, submit


def pad(test: AppTest) -> dict[str, Any]:
    """What the browser gets to draw on."""
    (found,) = [
        data
        for part in test.get("bidi_component")
        if "can_draw" in (data := json.loads(part.proto.json or "{}"))  # the other components have no such thing
    ]
    return dict(found)


def headers(test: AppTest) -> list[str]:
    return [header.value for header in test.header]


def test_a_run_on_digits_answers_drawings(store: Store) -> None:
    run = submit(store, name="<b>mine</b>")
    test = open_page("runs", run=run)
    found = pad(test)
    assert "Draw it" in headers(test)
    assert found["can_draw"]
    (only,) = found["runs"]
    assert (only["id"], only["name"], only["letter"]) == (run, "<b>mine</b>", "")
    assert only["classes"] == list(DATASETS["digits"].classes)
    assert is_token_for("answers", "somebody", found["token"])


def test_a_run_on_colour_images_answers_photos(store: Store) -> None:
    run = store.submit(preset("resnet20_cifar"), Recipe(dataset="shapes"), name="", owner="").id
    test = open_page("runs", run=run)
    assert "Show it a photo" in headers(test)
    assert not pad(test)["can_draw"]


def test_runs_of_a_comparison_have_the_letters_of_the_charts(store: Store) -> None:
    spec = preset("lenet5_tutorial")
    seeds = [
        store.submit(spec, Recipe(dataset="digits", seed=seed), name=f"two, seed {seed}", owner="", group="g").id
        for seed in (1, 2)
    ]
    other = store.submit(spec.replace(activation="tanh"), Recipe(dataset="digits"), name="other", owner="").id
    shapes = store.submit(preset("resnet20_cifar"), Recipe(dataset="shapes"), name="", owner="").id
    test = open_page("runs", run=",".join([*seeds, other, shapes]))
    found = pad(test)["runs"]
    assert [(run["id"], run["letter"]) for run in found] == [(seeds[0], "A"), (seeds[1], "A"), (other, "B")]
    assert [run["name"] for run in found[:2]] == ["two, seed 1", "two, seed 2"]
    assert "3 of the 4 runs answer: the first 6 that know the classes of two, seed 1." in [
        caption.value.replace("\\", "") for caption in test.caption
    ]


def test_no_more_runs_answer_than_can_be_asked(store: Store) -> None:
    runs = [submit(store, recipe=Recipe(dataset="digits", epochs=i + 1)) for i in range(MAX_RUNS + 1)]
    assert [run["id"] for run in pad(open_page("runs", run=",".join(runs)))["runs"]] == runs[:MAX_RUNS]
