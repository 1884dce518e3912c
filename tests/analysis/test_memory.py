"""The forecast of training memory is what autograd and the optimisers really hold."""

from typing import get_args

import pytest
import torch
from torch import Tensor

from cnnlab.analysis import analyse
from cnnlab.analysis.memory import (
    GPUS,
    NUMBER_BYTES,
    NumberType,
    activation_bytes,
    largest_batch,
    training_memory,
)
from cnnlab.architectures import preset, preset_names
from cnnlab.building import build, skeleton_of
from cnnlab.optimizer_kinds import STATES_PER_WEIGHT
from cnnlab.training.recipe import OPTIMIZER_NAMES, Recipe
from cnnlab.training.step.optimizers import make_optimizer
from tests.autograd import really_kept_bytes

AT_ONCE = {"lenet5_d2l", "alexnet_2012", "vgg16_bn", "googlenet", "inception_v3", "resnet50", "densenet121", "xception"}


@pytest.mark.parametrize(
    "name", [name if name in AT_ONCE else pytest.param(name, marks=pytest.mark.sweep) for name in preset_names()]
)
def test_a_batch_keeps_what_is_forecast(name: str) -> None:
    spec = preset(name)
    network = skeleton_of(spec)
    images = torch.empty(3, spec.in_channels, spec.image_size, spec.image_size, device="meta")
    forecast = activation_bytes(analyse(spec), batch_size=3, number_type="float32")
    assert forecast == pytest.approx(really_kept_bytes(network, images), rel=0.02)


@pytest.mark.parametrize("number_type", get_args(NumberType))
@pytest.mark.parametrize("name", ["lenet5_rgb", "resnet20_cifar", "densenet_bc22_k12_mnist", "mobilenet_v3_mnist"])
@pytest.mark.parametrize("batch_size", [2, 5])
def test_batches_and_number_types_to_the_byte(name: str, number_type: NumberType, batch_size: int) -> None:
    spec = preset(name).replace(dropout=0.1)
    kind = getattr(torch, number_type)
    network = skeleton_of(spec).to(kind)
    images = torch.empty(batch_size, spec.in_channels, spec.image_size, spec.image_size, device="meta", dtype=kind)
    forecast = activation_bytes(analyse(spec), batch_size=batch_size, number_type=number_type)
    assert forecast == really_kept_bytes(network, images)


def test_every_optimiser_and_number_type_is_known() -> None:
    assert set(STATES_PER_WEIGHT) == set(OPTIMIZER_NAMES)
    assert set(NUMBER_BYTES) == set(get_args(NumberType))
    assert all(getattr(torch, name).itemsize == width for name, width in NUMBER_BYTES.items())


@pytest.mark.parametrize("optimizer", OPTIMIZER_NAMES)
def test_the_parts_are_what_a_step_leaves(optimizer: str) -> None:
    spec = preset("lenet5_rgb")
    network = build(spec)
    stepper = make_optimizer(Recipe(optimizer=optimizer), network)
    images = torch.rand(2, spec.in_channels, spec.image_size, spec.image_size)
    network(images).sum().backward()
    stepper.step()
    memory = training_memory(analyse(spec), batch_size=2, optimizer=optimizer)
    assert memory.weights == sum(p.nbytes for p in network.parameters())
    assert memory.gradients == sum(p.grad.nbytes for p in network.parameters() if p.grad is not None)
    states = [tensor for state in stepper.state.values() for tensor in state.values() if isinstance(tensor, Tensor)]
    # Some optimisers count their steps, in one number for each parameter.
    assert memory.optimizer == sum(state.nbytes for state in states if state.dim())
    assert memory.images == images.nbytes
    assert memory.total == sum(getattr(memory, part) for part in type(memory).__slots__)


@pytest.mark.parametrize("changes", [{}, {"norm": "group"}, {"dropout": 0.2}])
@pytest.mark.parametrize("name", ["lenet5_tutorial", "resnet20_cifar", "mobilenet_v3_mnist"])
def test_autocast_keeps_no_more_than_is_forecast(name: str, changes: dict[str, object]) -> None:
    """Activations and copies of the weights in bfloat16; the loss, which the forecast leaves out, keeps a little."""
    spec = preset(name).replace(**changes)
    network, report = build(spec), analyse(spec)
    images = torch.rand(8, spec.in_channels, spec.image_size, spec.image_size)
    with torch.autocast("cpu", torch.bfloat16):
        kept = really_kept_bytes(network, images)
    memory = training_memory(report, batch_size=8, optimizer="sgd", number_type="bfloat16")
    float32_weights = sum(p.nbytes for p in network.parameters())
    assert memory.gradients == float32_weights
    expected = memory.weights - float32_weights + memory.activations + memory.images
    assert kept == pytest.approx(expected, rel=0.02)
    assert kept <= expected + memory.backward


def test_the_image_counts_once() -> None:
    report = analyse(preset("resnet18"))
    assert report.keeps_image
    memory = training_memory(report, batch_size=4, optimizer="sgd")
    assert memory.images + memory.activations == activation_bytes(report, batch_size=4, number_type="float32")
    assert activation_bytes(report, batch_size=1, number_type="float32") == report.activation_bytes


@pytest.mark.parametrize("name", ["lenet5_d2l", "resnet50", "vgg16"])
def test_the_largest_batch_fits_and_one_more_does_not(name: str) -> None:
    report = analyse(preset(name))
    available = 8 * 10**9
    batch = largest_batch(report, available_bytes=available, optimizer="adam")
    sizes = [training_memory(report, batch_size=n, optimizer="adam").total for n in (batch, batch + 1)]
    assert sizes[0] <= available < sizes[1]
    assert largest_batch(report, available_bytes=sizes[0], optimizer="adam") == batch
    assert largest_batch(report, available_bytes=sizes[0] - 1, optimizer="adam") == batch - 1
    assert largest_batch(report, available_bytes=report.weight_bytes, optimizer="adam") == 0
    assert largest_batch(report, available_bytes=-1, optimizer="adam") == 0
    assert list(GPUS.values()) == sorted(GPUS.values())
