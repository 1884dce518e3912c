import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnnlab
from cnnlab.spec import Refused
from cnnlab.training.recipe import Recipe
from cnnlab.training.step.schedule import learning_rate_at

SCHEDULES = Recipe.settings()["schedule"].choices


def problem_of(**values):
    recipe, problems = Recipe.check(values)
    assert recipe is None
    (problem,) = problems
    return problem


def test_every_knob_is_explained():
    for setting in Recipe.settings().values():
        assert setting.help.endswith(".")
        assert setting.title
        if setting.kind in ("whole", "real"):
            low, high = setting.knob.soft
            assert setting.minimum <= low < high <= setting.maximum


@pytest.mark.parametrize("values", [{"batch_size": 1}, {"epochs": 0}, {"learning_rate": 0.0}, {"seed": -1}])
def test_numbers_out_of_range_are_refused(values):
    ((name, value),) = values.items()
    problem = problem_of(**values)
    assert problem.field == name
    assert f"it is {value!r}" in problem.sentence


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "CPU", "cuda:0; rm", ""])
def test_what_is_no_device_is_refused(device):
    problem = problem_of(device=device)
    assert problem.field == "device"
    assert problem.sentence.endswith(f"it is {device!r}: use auto.")


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:0", "cuda:15"])
def test_a_recipe_may_name_a_device_of_another_machine(device):
    assert Recipe(device=device).device == device


def test_nesterov_needs_momentum():
    assert problem_of(optimizer="nesterov", momentum=0.0).field == "momentum"
    assert Recipe(optimizer="momentum", momentum=0.0)


def test_an_unknown_knob_is_refused_with_a_near_one():
    with pytest.raises(Refused, match="did you mean learning_rate"):
        Recipe(lerning_rate=0.1)


def test_the_book_s_recipe_can_be_written():
    recipe = Recipe(initialisation="xavier", optimizer="sgd", learning_rate=0.9, batch_size=256, epochs=10)
    assert recipe.changes_from(Recipe()).keys() == {
        "initialisation", "optimizer", "learning_rate", "batch_size", "epochs"
    }  # fmt: skip


def test_a_recipe_is_written_without_torch():
    code = "import sys, cnnlab.training; cnnlab.training.Recipe(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(cnnlab.__file__).parents[1])


@given(st.sampled_from(SCHEDULES), st.integers(1, 500), st.data())
def test_the_learning_rate_stays_between_nothing_and_the_recipe_s(schedule, total, data):
    step = data.draw(st.integers(1, total))
    rate = learning_rate_at(Recipe(schedule=schedule, learning_rate=0.5), step, total)
    assert 0 < rate <= 0.5


def rates(schedule, total=1000):
    return [learning_rate_at(Recipe(schedule=schedule, learning_rate=1.0), step, total) for step in range(1, total + 1)]


def test_constant_never_changes():
    assert set(rates("constant")) == {1.0}


def test_cosine_falls_from_all_to_nothing():
    curve = rates("cosine")
    assert curve[0] == 1.0
    assert math.isclose(curve[500], 0.5)
    assert curve[-1] < 1e-5
    assert curve == sorted(curve, reverse=True)


def test_one_cycle_rises_then_falls():
    curve = rates("one_cycle")
    assert math.isclose(curve[0], 1 / 25)
    top = curve.index(max(curve))
    assert (top, curve[top]) == (300, 1.0)
    assert curve[: top + 1] == sorted(curve[: top + 1])
    assert curve[top:] == sorted(curve[top:], reverse=True)
    assert 0.001 <= curve[-1] < 0.0011
