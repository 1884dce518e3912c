"""The measured receptive field is the gradient, and lies inside the theoretical one."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnlab.insight.field import CONTRIBUTES, effective_field
from cnnlab.insight.layers import is_map, layers_of
from tests.insight.small_networks import small_network

WITHOUT_GATES = ["lenet", "alexnet", "vgg", "resnet", "densenet", "xception", "mobilenet_v1", "mobilenet_v2", "custom"]


@pytest.mark.parametrize("family", WITHOUT_GATES)
def test_no_gradient_leaves_the_theoretical_box(family: str) -> None:
    network, images = small_network(family)
    layers = [layer for layer in layers_of(network, tuple(images.shape[1:])) if is_map(layer)]
    inside = 0
    for layer in layers[:: max(len(layers) // 4, 1)]:
        field = effective_field(network, layer.path, images, cell=(1, 0))
        top, left, bottom, right = field.box
        outside = torch.ones_like(field.values)
        outside[top:bottom, left:right] = 0
        assert not (field.values * outside).any(), layer.path
        assert field.values.max() == 1
        assert 0 < field.size <= ((bottom - top) * (right - left)) ** 0.5
        inside += bool(outside.any())
    assert inside > 0


def test_the_field_of_equal_kernels_is_a_kernel_convolved_with_itself() -> None:
    """Luo and others 2016, section 2.1: of stacked kernels of ones the field approaches a normal distribution."""
    depth, side = 5, 31
    network = nn.Sequential(*(nn.Conv2d(1, 1, 3, padding=1, bias=False) for _ in range(depth)))
    kernel = torch.ones(1, 1, 3, 3)
    for layer in network:
        nn.init.ones_(layer.weight)
    expected = torch.zeros(1, 1, side, side)
    expected[..., side // 2, side // 2] = 1
    sizes = []
    for i in range(depth):
        expected = F.conv2d(expected, kernel, padding=1)
        field = effective_field(network, str(i), (1, side, side))
        torch.testing.assert_close(field.values, expected[0, 0] / expected.max())
        assert field.size == pytest.approx(float((field.values > CONTRIBUTES).sum()) ** 0.5)
        width = 2 * i + 3
        first = side // 2 - i - 1
        assert field.theoretical.size == (width, width)
        assert field.box == (first, first, first + width, first + width)
        sizes.append(field.size / width)
    assert sizes[0] == 1
    assert sizes[-1] < 0.8


def test_it_is_the_mean_gradient_of_the_unit() -> None:
    network, images = small_network("resnet", num_images=3)
    x = images.clone().requires_grad_()
    maps = network.stages[0](network.stem(x))
    (gradient,) = torch.autograd.grad(maps[:, 2, 4, 5].sum(), x)
    expected = gradient.abs().sum(1).mean(0)
    name = [layer.path for layer in layers_of(network, (1, 28, 28)) if layer.path.startswith("stages.0")][-1]
    field = effective_field(network, name, images, channel=2, cell=(4, 5))
    torch.testing.assert_close(field.values, expected / expected.max())
    assert (field.channel, field.cell) == (2, (4, 5))


def test_of_a_dense_layer_the_box_is_the_image() -> None:
    network, images = small_network("lenet")
    field = effective_field(network, "classifier.output", images, channel=3)
    assert field.cell is None
    assert field.box == (0, 0, *images.shape[2:])
    x = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(network(x)[:, 3].sum(), x)
    expected = gradient.abs().sum(1).mean(0)
    torch.testing.assert_close(field.values, expected / expected.max())


def test_noise_is_drawn_by_the_seed() -> None:
    network, images = small_network("lenet")
    shape = tuple(images.shape[1:])
    first, again, other = (effective_field(network, "features.conv2", shape, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.values, again.values)
    assert not torch.equal(first.values, other.values)


def test_a_unit_that_never_reacts_is_a_sentence() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    nn.init.constant_(network[0].bias, -100)
    field = effective_field(network, "1", torch.rand(1, 1, 9, 9))
    assert field.problem is not None
    assert "has a gradient of 0 at every pixel" in field.problem
    assert not field.values.any()
    assert field.size == 0
