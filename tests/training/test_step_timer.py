import math

import torch

from cnnlab.architectures import preset
from cnnlab.training import Recipe, Steps, Training
from cnnlab.training import loop as training_loop

SPEC = preset("lenet5_tutorial")
RECIPE = Recipe(dataset="digits", batch_size=256, epochs=1, optimizer="sgd", learning_rate=0.001)


def test_the_parts_of_a_step_and_the_length_of_its_gradient_are_measured(monkeypatch):
    monkeypatch.setattr(training_loop, "DRAIN_SECONDS", 0.0)
    training = Training(SPEC, RECIPE)
    lengths = []
    step = training.optimizer.step

    def measured_step():
        lengths.append(math.sqrt(sum((p.grad**2).sum().item() for p in training.network.parameters())))
        step()

    training.optimizer.step = measured_step
    steps = [event for event in training.events() if isinstance(event, Steps)]
    assert len(steps) == 6
    torch.testing.assert_close([event.gradient_norm for event in steps], lengths)
    for event in steps:
        parts = (event.data_seconds, event.forward_seconds, event.backward_seconds, event.update_seconds)
        assert all(part > 0 for part in parts)
    assert sum(event.forward_seconds + event.backward_seconds for event in steps) < steps[-1].seconds


def test_only_one_step_of_those_that_are_told_together_is_measured(monkeypatch):
    monkeypatch.setattr(training_loop, "DRAIN_SECONDS", 1e9)
    training = Training(SPEC, RECIPE)
    begun = []
    now = training._gauge._now
    monkeypatch.setattr(training._gauge, "_now", lambda: begun.append(1) or now())
    assert len([event for event in training.events() if isinstance(event, Steps)]) == 2
    assert len(begun) == 2 * 5
