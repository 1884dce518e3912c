"""The norms of all tensors: those of the measured step, seldom enough, and 0 only where everything is 0."""

import math
from itertools import pairwise

import pytest
import torch
from torch import nn

from cnnlab.architectures import preset
from cnnlab.training import Recipe, Steps, Training
from cnnlab.training.step import norm_meter
from cnnlab.training.step.norm_meter import LARGEST_SHARE, MIN_SECONDS, NormMeter

SPEC = preset("lenet5_tutorial")
RECIPE = Recipe(dataset="digits", batch_size=256, epochs=1, optimizer="sgd", learning_rate=0.01, clip_norm=0.05)
CPU = torch.device("cpu")


def test_they_are_those_that_the_optimizer_has_used(monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training(SPEC, RECIPE)
    gradients: list[list[float]] = []
    weights: list[list[float]] = []
    usual = training.optimizer.step

    def step() -> None:
        gradients.append([p.grad.norm().item() for p in training.network.parameters() if p.grad is not None])
        usual()
        weights.append([p.detach().norm().item() for p in training.network.parameters()])

    monkeypatch.setattr(training.optimizer, "step", step)
    events = [event.norms for event in training.events() if isinstance(event, Steps) and event.norms]
    assert [found.step for found in events][:1] == [1]
    for found in events:
        assert found.gradients == pytest.approx(gradients[found.step - 1], rel=1e-5)
        assert found.weights == pytest.approx(weights[found.step - 1], rel=1e-5)
    assert math.hypot(*events[0].gradients) == pytest.approx(RECIPE.clip_norm, rel=1e-4)


def test_they_are_measured_twice_a_second_and_less_often_where_that_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, took = 0.0, 0.001

    def now() -> float:
        nonlocal clock
        clock += took / 2  # of the two calls of a measurement
        return clock

    monkeypatch.setattr(norm_meter, "perf_counter", now)
    meter = NormMeter(nn.Linear(2, 2), CPU)
    for cost, apart in ((0.001, MIN_SECONDS), (0.1, 0.05 / LARGEST_SHARE)):
        clock, took, measured = clock + 1000, cost, []
        for step in range(1, 10_000):
            before = clock
            meter.measure(step)
            if meter.take() is not None:
                measured.append(before)
        assert min(b - a for a, b in pairwise(measured)) >= apart
        assert len(measured) > 5


def test_a_norm_is_zero_only_where_all_values_are() -> None:
    network = nn.ParameterList([torch.zeros(3), torch.full((4,), 1e-30), torch.full((2, 2), 1e30), torch.ones(9)])
    network[3].grad = torch.full((9,), torch.nan)
    network[0].grad = torch.full((3,), 2.0)
    meter = NormMeter(network, CPU)
    meter.measure(7)
    found = meter.take()
    assert found is not None
    assert found.step == 7
    assert found.weights == pytest.approx([0.0, 1e-30, 1e30, 3.0])
    assert found.gradients[:3] == pytest.approx([math.sqrt(12), 0.0, 0.0])
    assert math.isnan(found.gradients[3])
    assert meter.take() is None
