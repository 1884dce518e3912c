"""Every map comes with that of random weights, and says what to think of it; the network stays as it is."""

import copy
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import nn

from cnnlab.architectures import preset
from cnnlab.building import build
from cnnlab.insight.attribution import Attribution, grad_cam, integrated_gradients, occlusion, saliency
from cnnlab.insight.attribution.random_weights import FIRST_SEED, with_random_weights
from cnnlab.insight.attribution.result import rank_correlation, verdict
from cnnlab.insight.field import effective_field
from cnnlab.insight.maps import feature_maps
from tests.insight.small_networks import small_network

METHODS: list[Callable[..., tuple[Attribution, ...]]] = [
    saliency,
    partial(integrated_gradients, steps=4),
    grad_cam,
    partial(occlusion, window=12, stride=8),
]


def test_random_weights_are_torchs_initial_ones_and_leave_the_random_state() -> None:
    network = build(preset("resnet8_mnist").replace(dropout=0.5))
    with torch.no_grad():
        for tensor in network.state_dict().values():
            tensor.fill_(3)
    before = torch.get_rng_state()
    renewed = with_random_weights(network, 7)
    assert torch.equal(torch.get_rng_state(), before)
    expected = copy.deepcopy(network)
    torch.manual_seed(FIRST_SEED + 7)
    for module in expected.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    for name, tensor in renewed.state_dict().items():
        assert torch.equal(tensor, expected.state_dict()[name]), name
        assert not torch.equal(tensor, network.state_dict()[name]), name


def test_random_weights_are_not_those_that_the_same_seed_begins_a_training_with() -> None:
    torch.manual_seed(0)
    network = build(preset("lenet5_tutorial"))
    renewed = with_random_weights(network, 0)
    weights = torch.stack([network.classifier.dense1.weight.flatten(), renewed.classifier.dense1.weight.flatten()])
    assert abs(float(torch.corrcoef(weights.detach())[0, 1])) < 0.02


def test_a_parameter_without_an_initialisation_is_shuffled() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.arange(100.0).reshape(4, 25))

    given = Scaled()
    renewed = with_random_weights(given, 0)
    assert torch.equal(renewed.scale.flatten().sort().values, given.scale.flatten())
    assert not torch.equal(renewed.scale, given.scale)


@pytest.mark.parametrize("training", [False, True])
def test_the_network_and_the_random_state_stay_as_they_are(training: bool) -> None:
    network = build(preset("resnet8_mnist").replace(dropout=0.5)).train(training)
    network.head.eval()
    images = torch.rand(2, 1, 28, 28)
    network(images).sum().backward()
    modes = [module.training for module in network.modules()]
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    gradients = [parameter.grad.clone() for parameter in network.parameters()]
    random_state = torch.get_rng_state()
    for method in METHODS:
        method(network, images, 3)
    feature_maps(network, images, "stages.0.0")
    effective_field(network, "stages.0.0", images)
    effective_field(network, "stages.0.0", (1, 28, 28))
    assert [module.training for module in network.modules()] == modes
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())
    assert all(torch.equal(p.grad, g) for p, g in zip(network.parameters(), gradients, strict=True))
    assert all(p.requires_grad for p in network.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in network.modules())
    assert torch.equal(torch.get_rng_state(), random_state)
    assert not images.requires_grad
    assert images.grad is None


@pytest.mark.parametrize("method", METHODS, ids=["saliency", "integrated_gradients", "grad_cam", "occlusion"])
def test_an_image_has_the_same_map_alone_and_among_others(method: Callable[..., tuple[Attribution, ...]]) -> None:
    network, images = small_network("resnet", num_images=3)
    with torch.no_grad():
        answers = network(images).argmax(1).tolist()
    together = method(network, images)
    assert [each.target for each in together] == answers
    with torch.no_grad():
        (alone,) = method(network, images[1:2])
    torch.testing.assert_close(alone.values, together[1].values)
    assert alone.rank_correlation == pytest.approx(together[1].rank_correlation)
    assert alone.check == together[1].check


def test_the_rank_correlation_is_spearmans() -> None:
    first, second = torch.randn(2, 6, 7, dtype=torch.float64)
    ranks = [each.flatten().argsort().argsort().double() for each in (first, second)]
    n = first.numel()
    expected = 1 - 6 * float((ranks[0] - ranks[1]).square().sum()) / (n * (n**2 - 1))
    assert rank_correlation(first, second) == pytest.approx(expected)
    assert rank_correlation(first, 2 * first.exp()) == pytest.approx(1)
    assert rank_correlation(first, torch.ones(6, 7)) is None
    assert rank_correlation(first * torch.nan, second) is None


def test_the_rank_correlation_is_that_of_the_two_maps() -> None:
    network, images = small_network("lenet")
    for each in [*saliency(network, images), *occlusion(network, images, window=8)]:
        assert each.rank_correlation == pytest.approx(rank_correlation(each.values, each.random_values))
        assert each.check.values["found"].values["correlation"] == each.rank_correlation


@pytest.mark.parametrize(
    ("correlation", "cells", "beginning", "end"),
    [
        (0.93, 784, "The map hardly changes with random weights (rank correlation 0.93)", "Do not believe it."),
        (0.8, 25, "The map hardly changes", "Do not believe it."),
        (0.79, 784, "The map changes only partly", "where the two differ."),
        (-0.6, 784, "The map changes only partly", "where the two differ."),
        (-0.9, 784, "With random weights the map is reversed (rank correlation -0.90)", "Do not believe it."),
        (0.1, 784, "The map changes with random weights (rank correlation 0.10)", "as it should."),
        (0.1, 24, "The map changes with random weights", "It has only 24 cells, so this may be chance."),
        (None, 784, "There is no comparison with random weights", "do not believe it."),
    ],
)
def test_the_check_in_words(correlation: float | None, cells: int, beginning: str, end: str) -> None:
    sentence = verdict(correlation, cells)
    assert sentence.startswith(beginning)
    assert sentence.endswith(end)


def test_occlusion_of_what_looks_at_one_place_hardly_changes() -> None:
    """A network whose score is the mean of one corner, whatever its weight: the check finds the map unbelievable."""

    class Corner(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.output = nn.Linear(1, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.output(x[:, :, :8, :8].mean((2, 3)))

    torch.manual_seed(1)
    (found,) = occlusion(Corner(), torch.rand(1, 1, 24, 24), 0, window=4, stride=4)
    assert found.rank_correlation is not None
    assert abs(found.rank_correlation) > 0.8
    assert found.check.endswith("Do not believe it.")


@pytest.mark.parametrize(
    ("weight", "method", "sentence"),
    [
        (
            -1.0,
            grad_cam,
            "The map of class 3 has no positive value: nothing in the image counts for it. Choose another.",
        ),
        (0.0, saliency, "The map of class 3 is 0 everywhere: nothing in the image changes its score. Choose another"),
        (torch.nan, occlusion, "The map of class 3 has values that are not finite: use weights from before they"),
    ],
)
def test_a_map_without_a_positive_value_is_a_sentence(
    weight: float, method: Callable[..., tuple[Attribution, ...]], sentence: str
) -> None:
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10)
    )
    with torch.no_grad():
        network[-1].weight.fill_(weight)
    (found,) = method(network, torch.rand(1, 1, 12, 12), 3)
    assert found.problem is not None
    assert found.problem.startswith(sentence)
    if weight <= 0:
        assert not found.values.any()
    assert (found.rank_correlation is None) == (weight != -1)
