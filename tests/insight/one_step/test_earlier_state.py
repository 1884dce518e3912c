"""A step goes on from the state of the one before, and from no other."""

from typing import get_args

import pytest
import torch
from torch import Tensor

from cnnlab.insight.one_step import one_step
from cnnlab.insight.one_step.earlier_state import STATE_NAMES
from cnnlab.optimizer_kinds import OptimizerKind
from cnnlab.spec import Refused
from cnnlab.training import Recipe
from cnnlab.training.step.optimizers import make_optimizer
from tests.insight.one_step.batches import network_and_batch

KINDS = get_args(OptimizerKind)


@pytest.mark.parametrize("kind", KINDS)
def test_three_steps_are_those_of_one_optimizer(kind: OptimizerKind) -> None:
    network, images, labels = network_and_batch("lenet5_tutorial")
    recipe = Recipe(optimizer=kind, learning_rate=0.01)
    step = one_step(network, images, labels, recipe)
    for _ in range(2):
        assert {path.split(".")[1] for path in step.optimizer_state} == STATE_NAMES[kind]
        step = one_step(step.network, images, labels, recipe, step.optimizer_state)
        assert step.is_equal
    optimizer = make_optimizer(recipe, network)
    for _ in range(3):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(images), labels).backward()
        optimizer.step()
    for ours, trained in zip(step.network.parameters(), network.parameters(), strict=True):
        assert ours.equal(trained)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_the_state_of_another_optimizer_is_refused(kind: OptimizerKind, other: OptimizerKind) -> None:
    network, images, labels = network_and_batch("lenet5_tutorial")
    state = one_step(network, images, labels, Recipe(optimizer=other)).optimizer_state
    if STATE_NAMES[kind] == STATE_NAMES[other] or not state:
        assert one_step(network, images, labels, Recipe(optimizer=kind), state).is_equal
        return
    with pytest.raises(Refused, match=f"`optimizer_state` must be that of {kind} for this network, and '0"):
        one_step(network, images, labels, Recipe(optimizer=kind), state)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (
            {"0.momentum_buffer": torch.zeros(3)},
            r"'0.momentum_buffer' has the shape \(3,\): use the state",
        ),
        ({"99.momentum_buffer": torch.zeros(3)}, "'99.momentum_buffer' has the shape"),
        ({"x": torch.zeros(3)}, "'x' has the shape"),
    ],
)
def test_the_state_of_another_network_is_refused(state: dict[str, Tensor], reason: str) -> None:
    network, images, labels = network_and_batch("lenet5_tutorial")
    with pytest.raises(Refused, match=reason):
        one_step(network, images, labels, Recipe(optimizer="momentum"), state)
