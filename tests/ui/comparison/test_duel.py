"""Two networks of a comparison, trained alike: both runs are queued, or neither is, and why."""

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.architectures import preset
from cnnlab.runs import Store
from cnnlab.runs.settings import settings_file
from cnnlab.training import Recipe
from tests.ui.conftest import MAIN, submit

LENET, SIGMOID = "lenet5_tutorial", "lenet5_tutorial:activation=sigmoid"
BUTTON, START = "compare.duel", "compare.duel.start"


def compared(*networks: str) -> AppTest:
    test = AppTest.from_file(MAIN, default_timeout=60)
    test.switch_page("../../pages/compare.py")
    test.query_params["net"] = list(networks)
    test.run()
    assert not test.exception
    return test


def offered(test: AppTest) -> AppTest:
    test.button(BUTTON).click().run()
    assert not test.exception
    return test


def train(test: AppTest) -> AppTest:
    """Both buttons at once: in this kind of test, a window closes when something in it is pressed."""
    test.button(BUTTON).click()
    test.button(START).click().run()
    assert not test.exception
    return test


def errors(test: AppTest) -> str:
    return " ".join(error.value.replace("\\", "") for error in test.error)


def test_both_are_queued_with_one_recipe_and_watched(store: Store) -> None:
    test = train(offered(compared(LENET, SIGMOID)))
    second, first = store.runs()
    assert (first.spec, second.spec) == (preset(LENET), preset(LENET).replace(activation="sigmoid"))
    assert first.recipe == second.recipe == Recipe()
    assert {first.owner, second.owner} == {"somebody"}
    assert first.name != second.name
    assert test.query_params["run"] == f"{first.id},{second.id}"
    assert test.query_params["view"] == "gradient-flow"
    assert len([text for text in test.info if "wait for its first step" in text.value]) == 2


def test_networks_are_fitted_to_the_data(store: Store) -> None:
    test = offered(compared("resnet20_cifar", "resnet20_cifar:shortcut=none", "lenet5_tutorial"))
    assert "resnet20\\_cifar is fitted to 1 × 28 × 28 images and 10 classes" in " ".join(
        text.value for text in test.caption
    )
    assert next(box for box in test.selectbox if box.key == "compare.duel.other").options == [
        "resnet20_cifar with shortcut=none",
        "lenet5_tutorial",
    ]
    train(test)
    assert [(run.spec.in_channels, run.spec.image_size) for run in store.runs()] == [(1, 28)] * 2


@pytest.mark.usefixtures("store")
def test_one_network_alone_cannot_be_compared() -> None:
    assert compared(LENET).button(BUTTON).disabled


def test_none_is_queued_where_only_one_could_be(store: Store) -> None:
    settings_file(store.folder).write_text("waiting_per_owner = 2\n")
    submit(store)
    test = train(offered(compared(LENET, SIGMOID)))
    assert len(store.runs()) == 1
    assert "None of the 2 runs was submitted: you have 1 queued runs, and the limit is 2" in errors(test)
    assert "seeds" not in errors(test)


def test_what_is_wrong_with_the_recipe_has_a_button_that_mends_it(store: Store) -> None:
    settings_file(store.folder).write_text("max_epochs = 2\n")
    test = train(offered(compared(LENET, SIGMOID)))
    assert not store.runs()
    assert "must be at most 2 on this machine, and it is 3" in errors(test)
    (fix,) = [button for button in test.button if button.key and button.key.startswith("compare.duel.refused")]
    assert fix.label == "Set Epochs to 2"
    fix.click().run()
    train(offered(test))
    assert [run.recipe.epochs for run in store.runs()] == [2, 2]
