"""The updates by hand are torch's, for any settings and over several steps."""

from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnlab.insight.one_step.by_hand import UPDATES, State, code_by_hand, options_by_hand, update_by_hand
from cnnlab.optimizer_kinds import STATES_PER_WEIGHT, OptimizerKind
from cnnlab.training import Recipe
from cnnlab.training.step.optimizers import make_optimizer

KINDS = get_args(OptimizerKind)


@settings(max_examples=20)
@given(
    st.sampled_from(KINDS),
    st.floats(1e-4, 1),
    st.floats(0.1, 0.99),
    st.sampled_from([0.0, 1e-4, 0.1]),
    st.integers(0, 999),
)
def test_three_steps_are_those_of_torch(
    kind: OptimizerKind, learning_rate: float, momentum: float, weight_decay: float, seed: int
) -> None:
    """In float64, where only another formula can make a difference that is seen."""
    recipe = Recipe(optimizer=kind, learning_rate=learning_rate, momentum=momentum, weight_decay=weight_decay)
    draw = torch.Generator().manual_seed(seed)
    layer = nn.Linear(5, 4, bias=False, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.randn(4, 5, generator=draw))
    optimizer = make_optimizer(recipe, layer)
    p, state = layer.weight.detach().clone(), State()
    for _ in range(3):
        layer.weight.grad = torch.randn(4, 5, generator=draw, dtype=torch.float64)
        update_by_hand(kind, p, layer.weight.grad, state, optimizer.param_groups[0])
        optimizer.step()
        torch.testing.assert_close(p, layer.weight.detach(), rtol=1e-10, atol=1e-10)
    assert sum(value.shape == p.shape for value in state.values()) == STATES_PER_WEIGHT[kind]


def test_the_first_steps_by_their_formulas() -> None:
    """A weight of 1 with a gradient of 2, and a learning rate of 0.1."""
    expected = {
        "sgd": 0.8,
        "momentum": 0.8,
        "nesterov": 1 - 0.1 * (2 + 0.9 * 2),
        "adam": 0.9,
        "adamw": 0.9,
        "rmsprop": 0.0,
    }
    for kind in KINDS:
        layer = nn.Linear(1, 1, bias=False)
        options = make_optimizer(Recipe(optimizer=kind, learning_rate=0.1), layer).param_groups[0]
        p = torch.ones(1, 1)
        update_by_hand(kind, p, torch.full((1, 1), 2.0), {}, options)
        assert p.item() == pytest.approx(expected[kind], abs=1e-6), kind


@pytest.mark.parametrize("kind", KINDS)
def test_the_lines_that_are_shown_compute_the_update(kind: OptimizerKind) -> None:
    layer = nn.Linear(3, 2, bias=False)
    options = make_optimizer(Recipe(optimizer=kind, learning_rate=0.1, weight_decay=0.1), layer).param_groups[0]
    p, g = torch.randn(2, 3), torch.randn(2, 3)
    shown = p.clone()
    names = {"torch": torch, "p": shown, "g": g, "state": {}, **options_by_hand(kind, options)}
    exec("\n".join(code_by_hand(kind)), names)
    update_by_hand(kind, p, g, {}, options)
    assert shown.equal(p)


def test_every_optimizer_has_its_update() -> None:
    assert set(UPDATES) == set(KINDS)
