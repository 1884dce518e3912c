"""The address: what is written is read back, and what is refused leaves the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cnnlab.architectures import FAMILIES, Family, preset, preset_names
from cnnlab.training import Recipe
from cnnlab.ui.state.link import (
    DEFAULT_PRESET,
    OTHER_PARAMETERS,
    Choice,
    choice_of,
    read,
    read_recipe,
    write,
    write_recipe,
)


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_a_name_alone(name: str) -> None:
    choice = Choice(name, dict(preset(name).values))
    assert write(choice) == {"preset": name}
    assert read({"preset": name}) == (choice, ())


def test_only_what_differs_is_written_as_a_person_would() -> None:
    choice = choice_of(preset("resnet18").replace(width=48, depths=(2, 2, 3, 2), bias=True, width_growth=1.5))
    assert write(choice) == {
        "preset": "resnet18",
        "width": "48",
        "depths": "2,2,3,2",
        "bias": "true",
        "width_growth": "1.5",
    }
    assert read(write(choice)) == (choice, ())


def test_values_that_do_not_fit_together_are_kept_as_they_are() -> None:
    choice, problems = read({"preset": "resnet18", "width": "2048"})
    assert not problems
    assert choice.values["width"] == 2048
    assert type(preset("resnet18")).check(choice.values)[0] is None
    assert read(write(choice)) == (choice, ())


def test_what_is_refused_is_explained_and_the_rest_used() -> None:
    choice, problems = read({"preset": "resnet18", "width": "lots", "colour": "red", "depths": "3,4", "groups": "0"})
    assert choice.values == {**preset("resnet18").values, "depths": (3, 4)}
    assert {problem.field for problem in problems} == {"width", "colour", "groups"}


def test_an_unknown_preset_becomes_the_default_with_a_sentence() -> None:
    choice, problems = read({"preset": "resnet19", "width": "32"})
    assert choice.preset == DEFAULT_PRESET
    assert choice.values["width"] == 32
    assert "did you mean" in problems[0].sentence
    assert read({}, default="lenet5_d2l")[0].preset == "lenet5_d2l"


@given(some.dictionaries(some.text(max_size=12) | some.sampled_from(["preset", "width", "depths", "run"]), some.text()))
def test_no_address_is_too_strange(parameters: dict[str, str]) -> None:
    choice, _ = read(parameters)
    assert set(choice.values) == set(preset(choice.preset).values)
    values, _ = read_recipe(parameters)
    assert Recipe.check(values)[0] is not None or any(name in parameters for name in Recipe.settings())


def test_a_recipe_goes_into_the_address_and_back() -> None:
    recipe = Recipe(dataset="digits", epochs=7, learning_rate=5e-05, optimizer="nesterov", seed=3)
    texts = write_recipe(recipe.values)
    assert set(texts) == {"dataset", "epochs", "learning_rate", "optimizer", "seed"}
    assert read_recipe({**texts, "preset": "resnet18"}) == (recipe.values, ())
    assert write_recipe(Recipe().values) == {}


def test_a_bad_recipe_value_is_explained_and_the_rest_used() -> None:
    values, problems = read_recipe({"epochs": "0", "batch_size": "64"})
    assert values == {**Recipe().values, "batch_size": 64}
    assert [problem.field for problem in problems] == ["epochs"]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_no_field_of_a_network_is_called_like_another_parameter(family: Family) -> None:
    assert not {*family.spec.settings(), "preset"} & OTHER_PARAMETERS
