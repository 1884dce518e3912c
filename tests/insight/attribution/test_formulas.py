"""Each method is its formula, written out in plain torch, on every family."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.insight.attribution import Attribution, grad_cam, integrated_gradients, occlusion, saliency
from cnnlab.insight.attribution.random_weights import with_random_weights
from cnnlab.insight.layers import last_map, layers_of
from tests.insight.small_networks import SPECS, small_network

TARGETS = [3, 7]
SEED = 5


def scores_of(network: nn.Module, images: Tensor) -> Tensor:
    """The score (N,) of the class of each image."""
    return network(images)[range(len(images)), TARGETS]


def gradient(network: nn.Module, images: Tensor) -> Tensor:
    images = images.clone().requires_grad_()
    (found,) = torch.autograd.grad(scores_of(network, images).sum(), images)
    return found


def compare(values: list[Tensor], expected: Tensor) -> None:
    for found, wanted in zip(values, expected.detach(), strict=True):
        assert wanted.abs().max() > 0
        torch.testing.assert_close(found.double(), wanted, rtol=1e-5, atol=1e-5 * float(wanted.abs().max()))


@pytest.mark.parametrize("family", SPECS)
class TestFamily:
    def test_saliency(self, family: str) -> None:
        network, images = small_network(family)

        def formula(network: nn.Module) -> Tensor:
            return gradient(network, images).abs().amax(1)

        found = saliency(network, images, TARGETS, seed=SEED)
        compare([each.values for each in found], formula(network))
        compare([each.random_values for each in found], formula(with_random_weights(network, SEED).eval()))
        assert [each.target for each in found] == TARGETS
        for each, probabilities in zip(found, network(images).softmax(1).detach(), strict=True):
            assert each.probability == pytest.approx(float(probabilities[each.target]))

    def test_integrated_gradients(self, family: str) -> None:
        network, images = small_network(family)
        points, weights = np.polynomial.legendre.leggauss(3)
        total = torch.zeros_like(images)
        for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
            total += weight * gradient(network, 0.1 + point * (images - 0.1))
        found = integrated_gradients(network, images, TARGETS, baseline=0.1, steps=3)
        compare([each.values for each in found], (total * (images - 0.1)).sum(1))

    def test_grad_cam(self, family: str) -> None:
        network, images = small_network(family)
        layers = layers_of(network, tuple(images.shape[1:]))
        outputs: list[Tensor] = []
        module = network.get_submodule(layers[last_map(layers)].path)
        hook = module.register_forward_hook(lambda *given: outputs.append(given[2]))
        scores = scores_of(network, images.clone().requires_grad_())
        hook.remove()
        (gradients,) = torch.autograd.grad(scores.sum(), outputs[-1])
        found = grad_cam(network, images, TARGETS)
        compare_cams(found, outputs[-1], gradients)

    @torch.no_grad()
    def test_occlusion(self, family: str) -> None:
        network, images = small_network(family)
        side = images.shape[-1]
        window, stride = 2 * side // 3, side // 3
        before = network(images).softmax(1)[range(2), TARGETS]
        lost, covering = torch.zeros(2, side, side, dtype=images.dtype), torch.zeros(side, side)
        firsts = range(0, side - window + stride, stride)
        for top in firsts:
            for left in firsts:
                covered = images.clone()
                covered[:, :, top : top + window, left : left + window] = 0.2
                loss = before - network(covered).softmax(1)[range(2), TARGETS]
                lost[:, top : top + window, left : left + window] += loss[:, None, None]
                covering[top : top + window, left : left + window] += 1
        assert covering.max() > 1
        found = occlusion(network, images, TARGETS, window=window, stride=stride, baseline=0.2)
        compare([each.values for each in found], lost / covering)


def compare_cams(found: tuple[Attribution, ...], maps: Tensor, gradients: Tensor) -> None:
    """Equations 1 and 2 of the paper, enlarged to the image."""
    assert maps.shape[2] > 1
    cams = (gradients.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True).relu().detach()
    for each, cam in zip(found, cams, strict=True):
        (expected,) = F.interpolate(cam[None], each.values.shape, mode="bilinear", align_corners=False)[0]
        torch.testing.assert_close(each.values, expected)
        assert (each.problem is None) == bool((cam > 0).any())


def test_integrated_gradients_add_up_to_what_the_score_gains() -> None:
    network, images = small_network("lenet")
    with torch.no_grad():
        gain = scores_of(network, images) - scores_of(network, torch.zeros_like(images))
    found = integrated_gradients(network, images, TARGETS, steps=100)
    for each, gained in zip(found, gain, strict=True):
        assert float(each.values.sum()) == pytest.approx(float(gained), abs=5e-3 * float(gain.abs().max()))


def test_a_map_that_is_overwritten_counts_with_its_own_values() -> None:
    """torchvision's block adds its input to the result of its last normalisation in place."""
    network, images = small_network("torchvision")
    block, rest = network.features[3], network.features[4:]
    x = network.features[:3](images)
    maps = block.block(x.clone()).detach().requires_grad_()
    scores = network.classifier(network.avgpool(rest(maps + x)).flatten(1))
    (gradients,) = torch.autograd.grad(scores[range(2), TARGETS].sum(), maps)
    compare_cams(grad_cam(network, images, TARGETS, "features.3.block.2.1"), maps, gradients)
