"""The norms are those of autograd, and the diagnosis of known networks is the known one."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnlab.architectures import FAMILIES, NetworkSpec, preset
from cnnlab.insight.gradient_diagnosis import Verdict
from cnnlab.insight.gradient_flow import GradientFlow, gradient_flow
from cnnlab.spec import Refused
from cnnlab.training import Recipe, Training
from tests.insight.one_step.batches import SMALL, WITH_AUXILIARY_HEADS, network_and_batch


def flow_of(spec: NetworkSpec, recipe: Recipe) -> GradientFlow:
    """The flow at the beginning of a training, for its first images."""
    training = Training(spec, recipe)
    index = torch.arange(recipe.batch_size)
    images = training.data.batch(training.data.train_images, index)
    return gradient_flow(training.network, images, training.data.train_labels[index], recipe)


@pytest.mark.parametrize("name", SMALL)
def test_the_norms_of_every_family_are_those_of_autograd(name: str) -> None:
    network, images, labels = network_and_batch(name)
    state, random = copy.deepcopy(network.state_dict()), torch.random.get_rng_state()
    flow = gradient_flow(network, images, labels, Recipe())
    assert torch.random.get_rng_state().equal(random)
    assert all(value.equal(state[key]) for key, value in network.state_dict().items())
    with torch.random.fork_rng([]):
        torch.manual_seed(Recipe().seed)
        F.cross_entropy(network(images), labels).backward()
    expected = {
        module_name: module.weight.grad.norm().item()
        for module_name, module in network.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear) and module.weight.grad is not None
    }
    assert {layer.name: layer.gradient_norm for layer in flow.layers} == pytest.approx(expected, rel=1e-5)
    for layer in flow.layers:
        assert layer.weight_norm == pytest.approx(network.get_parameter(f"{layer.name}.weight").norm().item())


def test_layers_are_in_the_order_of_the_images_way() -> None:
    network, images, labels = network_and_batch(WITH_AUXILIARY_HEADS)
    names = [layer.name for layer in gradient_flow(network, images, labels, Recipe()).layers]
    assert names[0].startswith("stem")
    assert names[-1] == "head.output"
    assert any(name.startswith("auxiliary") for name in names[1:-1])


@pytest.mark.parametrize("name", SMALL)
def test_at_the_beginning_every_familys_gradient_is_fine(name: str) -> None:
    data = "digits" if preset(name).in_channels == 1 else "shapes"
    diagnosis = flow_of(preset(name), Recipe(dataset=data, batch_size=16)).diagnosis
    assert diagnosis.verdict == "fine", diagnosis.sentence


@pytest.mark.parametrize("name", ["lenet5_d2l", "alexnet_mnist"])
def test_sigmoids_make_it_vanish(name: str) -> None:
    spec = preset(name).replace(activation="sigmoid")
    diagnosis = flow_of(spec, Recipe(dataset="digits")).diagnosis
    assert diagnosis.verdict == "vanishing"
    assert "its norm is" in diagnosis.sentence


def check_fifty_six_layers(changes: dict[str, str], initialisation: str, seed: int, verdict: Verdict) -> None:
    spec = preset("resnet56_cifar").replace(**changes)
    recipe = Recipe(dataset="shapes", batch_size=8, seed=seed).replace(initialisation=initialisation)
    flow = flow_of(spec, recipe)
    assert flow.diagnosis.verdict == verdict, flow.diagnosis.sentence
    if (verdict, initialisation) == ("vanishing", "default"):
        # Its squares are below the range of float32, and it is not 0 nevertheless.
        assert 0 < flow.layers[0].gradient_norm < 1e-20


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [({}, "fine"), ({"shortcut": "none"}, "exploding"), ({"shortcut": "none", "norm": "none"}, "vanishing")],
)
def test_fifty_six_layers_plain_and_residual(changes: dict[str, str], verdict: Verdict) -> None:
    """Without shortcuts, batch norm makes the gradient explode, and without both it vanishes."""
    check_fifty_six_layers(changes, "default", 0, verdict)


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("changes", "initialisation", "verdict"),
    [
        ({}, "default", "fine"),
        ({}, "kaiming", "fine"),
        ({"norm": "none"}, "default", "fine"),
        ({"norm": "none"}, "kaiming", "exploding"),
        ({"shortcut": "none"}, "default", "exploding"),
        ({"shortcut": "none"}, "kaiming", "exploding"),
        ({"shortcut": "none", "norm": "none"}, "default", "vanishing"),
        ({"shortcut": "none", "norm": "none"}, "xavier", "vanishing"),
    ],
)
def test_fifty_six_layers_with_other_initialisations_and_seeds(
    changes: dict[str, str], initialisation: str, verdict: Verdict, seed: int
) -> None:
    check_fifty_six_layers(changes, initialisation, seed, verdict)


def test_frozen_layers_are_left_out() -> None:
    network, images, labels = network_and_batch("lenet5_tutorial")
    network.features.requires_grad_(False)
    flow = gradient_flow(network, images, labels, Recipe())
    assert [layer.name for layer in flow.layers] == ["classifier.dense1", "classifier.dense2", "classifier.output"]
    network.requires_grad_(False)
    network.features.conv1.bias.requires_grad_(True)
    with pytest.raises(Refused, match="`network` has no layer with weights that are trained"):
        gradient_flow(network, images, labels, Recipe())


class Scaled(nn.Module):
    """A dense layer whose output is scaled by a learned factor, as in ConvNeXt."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(4, 3)
        self.scale = nn.Parameter(torch.full((1, 3), 1e-6))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scale * self.dense(x.flatten(1))


def test_learned_factors_are_no_layers() -> None:
    flow = gradient_flow(Scaled(), torch.ones(2, 1, 2, 2), torch.tensor([0, 1]), Recipe())
    assert [layer.name for layer in flow.layers] == ["dense"]


def test_a_batch_that_does_not_fit_has_a_sentence() -> None:
    network, images, labels = network_and_batch("lenet5_tutorial")
    with pytest.raises(Refused, match="do not pass through the network"):
        gradient_flow(network, images[:, :, :4], labels, Recipe())


def test_every_family_is_tried() -> None:
    assert {name for name, family in FAMILIES.items() if not family.is_read_only} == {
        name for name, family in FAMILIES.items() if family.small in SMALL
    }
