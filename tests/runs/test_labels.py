"""What runs are called in one chart: what somebody named them, or else what tells them apart."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from cnnlab.architectures import preset
from cnnlab.runs import Run, Store, open_store
from cnnlab.runs.comparing import grouped, on_the_same_images
from cnnlab.runs.labels import default_name, labels
from cnnlab.runs.run import fitting_name
from cnnlab.training import Recipe

LENET = preset("lenet5_tutorial")


@pytest.fixture
def store(tmp_path: Any) -> Iterator[Store]:
    with closing(open_store(tmp_path)) as store:
        yield store


def submit(store: Store, *, name: str | None = None, preset_name: str = "lenet5_tutorial", **changes: Any) -> Run:
    """A run with these changes of the network or the recipe, called as the pages call it unless it has a name."""
    of_recipe = {field: value for field, value in changes.items() if field in Recipe.settings()}
    spec = preset(preset_name).replace(**{field: changes[field] for field in changes.keys() - of_recipe.keys()})
    recipe = Recipe(dataset="digits").replace(**of_recipe)
    called = fitting_name(default_name(spec, recipe)) if name is None else name
    return store.submit(spec, recipe, name=called, owner="somebody")


def labels_of(*runs: Run) -> list[str]:
    return labels(grouped(runs))


def test_only_the_difference_is_said(store: Store) -> None:
    relu, sigmoid = submit(store), submit(store, activation="sigmoid")
    assert sigmoid.name == "lenet5_tutorial with activation=sigmoid, dataset=digits"
    assert labels_of(sigmoid, relu) == ["activation=sigmoid", "activation=relu"]
    slow = submit(store, activation="sigmoid", learning_rate=0.0001)
    assert labels_of(slow, sigmoid, relu) == [
        "activation=sigmoid, learning_rate=0.0001",
        "activation=sigmoid, learning_rate=0.002",
        "activation=relu, learning_rate=0.002",
    ]


def test_several_networks_are_named(store: Store) -> None:
    narrow = submit(store, preset_name="resnet20_cifar", width=8)
    assert labels_of(narrow, submit(store)) == ["resnet20_cifar with width=8", "lenet5_tutorial"]


def test_a_name_that_somebody_gave_stays_and_is_told_from_the_same_one(store: Store) -> None:
    mine, plain, again = submit(store, name="mine"), submit(store, epochs=5), submit(store, name="mine", epochs=5)
    assert labels_of(mine, plain) == ["mine", "epochs=5"]
    assert labels_of(mine, again) == ["mine, epochs=3", "mine, epochs=5"]
    assert labels_of(submit(store, name="lenet5_tutorial, the good one"), plain)[0] == "lenet5_tutorial, the good one"


def test_a_default_name_that_had_to_be_cut_is_still_a_default_one(store: Store) -> None:
    changes = {"learning_rate": 0.01, "weight_decay": 0.001, "label_smoothing": 0.1, "schedule": "cosine"}
    long = submit(store, **changes)
    assert long.name.endswith("…")
    assert labels_of(long, submit(store, **{**changes, "schedule": "step"})) == ["schedule=cosine", "schedule=step"]


def test_runs_that_repeat_each_other_and_seeds(store: Store) -> None:
    first, again = submit(store), submit(store)
    assert labels_of(first, again) == [first.name, first.name]
    assert labels_of(first, submit(store, seed=7, epochs=5)) == [
        "epochs=3, seed=0",
        "epochs=5, seed=7",
    ]
    seeds = store.submit_seeds(LENET, Recipe(dataset="digits"), 2, owner="somebody")
    others = store.submit_seeds(LENET.replace(activation="tanh"), Recipe(dataset="digits"), 2, owner="somebody")
    assert labels_of(*seeds, *others) == ["activation=relu", "activation=tanh"]


def test_forks_say_where_they_begin(store: Store) -> None:
    parent = submit(store)
    fork = {"owner": "somebody", "parent": None, "name": f"{parent.name}, from epoch 2"}
    branch = store.submit(LENET, parent.recipe.replace(epochs=5), parent_epoch=2, **fork)
    assert labels_of(branch, parent) == ["epochs=5, from epoch 2", "epochs=3"]


def test_runs_on_the_same_images(store: Store) -> None:
    first, longer = submit(store), submit(store, epochs=9)
    others = [submit(store, dataset="mnist5k"), submit(store, validation_share=0.25)]
    assert on_the_same_images(first, [longer, *others]) == [longer]
