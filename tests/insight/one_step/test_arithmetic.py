"""The arithmetic of one weight ends where the update by hand does, for every optimizer."""

from typing import get_args

import pytest

from cnnlab.insight.one_step import one_step
from cnnlab.insight.one_step.arithmetic import arithmetic
from cnnlab.optimizer_kinds import OptimizerKind
from cnnlab.training import Recipe
from tests.insight.one_step.batches import network_and_batch

SYMBOLS = str.maketrans({"−": "-", "·": "*", "^": "**"})


def evaluated(numbers: str) -> float:
    """What the written numbers give: `√` takes the number behind it."""
    python = numbers.translate(SYMBOLS).replace("²", "**2")
    while "√" in python:
        before, _, rest = python.partition("√")
        end = rest.index(")") + 1 if rest.startswith("(") else rest.index(" ")
        python = f"{before}({rest[:end]})**0.5{rest[end:]}"
    return float(eval(python))  # noqa: S307 - numbers and signs that the library wrote


@pytest.mark.parametrize("weight_decay", [0.0, 0.05])
@pytest.mark.parametrize("kind", get_args(OptimizerKind))
def test_its_lines_lead_to_the_weight_by_hand(kind: OptimizerKind, weight_decay: float) -> None:
    network, images, labels = network_and_batch("lenet5_tutorial")
    recipe = Recipe(optimizer=kind, learning_rate=0.01, weight_decay=weight_decay)
    first = one_step(network, images, labels, recipe)
    second = one_step(first.network, images, labels, recipe, first.optimizer_state)
    for step in (first, second):
        for tensor in step.tensors:
            example = tensor.example
            assert example is not None
            lines = arithmetic(kind, example, step.options)
            assert lines[-1].name == "p"
            assert lines[-1].value == pytest.approx(example.by_hand, rel=1e-5, abs=1e-7)
            for line in lines:
                assert evaluated(line.numbers) == pytest.approx(line.value, rel=1e-4, abs=1e-6)


def test_without_weight_decay_no_line_is_about_it() -> None:
    network, images, labels = network_and_batch("lenet5_tutorial")
    for kind in get_args(OptimizerKind):
        step = one_step(network, images, labels, Recipe(optimizer=kind))
        example = step.tensors[0].example
        assert example is not None
        assert not any("weight_decay" in line.formula for line in arithmetic(kind, example, step.options))


def test_what_the_optimizer_kept_is_that_of_the_step_before() -> None:
    network, images, labels = network_and_batch("lenet5_tutorial")
    recipe = Recipe(optimizer="momentum", learning_rate=0.01)
    first = one_step(network, images, labels, recipe)
    second = one_step(first.network, images, labels, recipe, first.optimizer_state)
    for number, tensor in enumerate(second.tensors):
        example = tensor.example
        assert example is not None
        buffer = first.optimizer_state[f"{number}.momentum_buffer"]
        assert example.state == {"momentum_buffer": buffer[example.index].item()}
