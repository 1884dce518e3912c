import math

import torch

from cnnlab.architectures import preset
from cnnlab.training import Recipe, Steps, Training
from cnnlab.training import loop as training_loop
from cnnlab.training.step_metrics import MEASURED_IN_STEP, STEP_TIMES

SPEC = preset("lenet5_tutorial")
RECIPE = Recipe(dataset="digits", batch_size=256, epochs=1, optimizer="sgd", learning_rate=0.001)


def test_the_parts_of_a_step_and_the_norm_of_its_gradient_are_measured(monkeypatch):
    monkeypatch.setattr(training_loop, "DRAIN_SECONDS", 0.0)
    training = Training(SPEC, RECIPE)
    norms = []
    step = training.optimizer.step

    def measured_step():
        norms.append(math.sqrt(sum((p.grad**2).sum().item() for p in training.network.parameters())))
        step()

    training.optimizer.step = measured_step
    steps = [event for event in training.events() if isinstance(event, Steps)]
    assert len(steps) == 6
    torch.testing.assert_close([event.metrics["gradient_norm"] for event in steps], norms)
    for event in steps:
        assert event.metrics.keys() == set(MEASURED_IN_STEP)
        assert all(event.metrics[metric.name] > 0 for metric in STEP_TIMES)
    assert sum(event.metrics[metric.name] for metric in STEP_TIMES for event in steps) < steps[-1].seconds


def test_one_step_of_each_event_is_measured(monkeypatch):
    monkeypatch.setattr(training_loop, "DRAIN_SECONDS", 1e9)
    training = Training(SPEC, RECIPE)
    begun = []
    now = training._timer._now
    monkeypatch.setattr(training._timer, "_now", lambda: begun.append(1) or now())
    assert len([event for event in training.events() if isinstance(event, Steps)]) == 2
    assert len(begun) == 2 * 6
