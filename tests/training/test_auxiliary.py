"""What the loss of an auxiliary head counts in a training step."""

from dataclasses import replace

import pytest
import torch

from cnnlab.architectures import FAMILIES, preset
from cnnlab.training.events import Steps
from cnnlab.training.loop import Training
from cnnlab.training.recipe import Recipe


def after_one_step(weight: float, monkeypatch: pytest.MonkeyPatch) -> dict[str, torch.Tensor]:
    """How one step of plain descent changes the biases of the last layers, where auxiliary losses count so much."""
    monkeypatch.setitem(FAMILIES, "googlenet", replace(FAMILIES["googlenet"], auxiliary_weight=weight))
    spec = preset("googlenet_mnist").replace(aux=True, width_multiplier=0.05, image_size=8)
    training = Training(spec, Recipe(dataset="digits", epochs=1, optimizer="sgd", learning_rate=1.0, device="cpu"))
    biases = {name: p for name, p in training.network.named_parameters() if name.endswith("output.bias")}
    before = {name: p.detach().clone() for name, p in biases.items()}
    events = training.events()
    while not isinstance(next(events), Steps):
        pass
    events.close()
    assert training.step == 1
    return {name: p.detach() - before[name] for name, p in biases.items()}


def test_auxiliary_losses_count_by_the_weight_of_the_family(monkeypatch: pytest.MonkeyPatch) -> None:
    weight = FAMILIES["googlenet"].auxiliary_weight
    once, twice, never = (after_one_step(w, monkeypatch) for w in (weight, 2 * weight, 0.0))
    heads = [name for name in once if name.startswith("auxiliary.")]
    assert (weight, len(heads), len(once)) == (0.3, 2, 3)
    for name in heads:
        assert once[name].abs().max() > 0
        torch.testing.assert_close(twice[name], 2 * once[name])
        assert not never[name].any()
    torch.testing.assert_close(once["head.output.bias"], never["head.output.bias"])
