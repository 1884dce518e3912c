"""Layers that several architectures share."""

import pytest
import torch
from torch import nn

from cnnlab.architectures import TweakableSpec
from cnnlab.architectures.layers import (
    ParameterFreeShortcut,
    Residual,
    make_activation,
    make_convolution,
    make_norm,
    make_pool,
)

CHOICES = {name: setting.choices for name, setting in TweakableSpec.settings().items()}


@pytest.mark.parametrize("activation", CHOICES["activation"])
def test_an_activation_bends_and_keeps_the_shape(activation: str) -> None:
    layer = make_activation(activation)
    x = torch.linspace(-4, 4, 24).view(2, 3, 4)
    y = layer(x)
    assert y.shape == x.shape
    assert not torch.allclose(y[0] + y[1], layer(x[0] + x[1]), atol=1e-3)
    assert activation.replace("_", "") == type(layer).__name__.lower()
    assert not list(layer.parameters())


@pytest.mark.parametrize("pooling", CHOICES["pooling"])
def test_pooling(pooling: str) -> None:
    x = torch.tensor([[[[1.0, 2.0], [3.0, 6.0]]]])
    assert make_pool(pooling, kernel_size=2, stride=2)(x).item() == {"max": 6.0, "average": 3.0}[pooling]
    assert make_pool(pooling, kernel_size=3, stride=2, padding=1)(torch.zeros(1, 1, 7, 7)).shape == (1, 1, 4, 4)


@pytest.mark.parametrize(("norm", "dims"), [("batch", (0, 2, 3)), ("layer", (1, 2, 3))])
def test_a_norm_centres_and_scales(norm: str, dims: tuple[int, ...]) -> None:
    x = 5 + 3 * torch.randn(4, 6, 8, 8)
    y = make_norm(norm, 6)(x)
    torch.testing.assert_close(y.mean(dims), torch.zeros_like(y.mean(dims)), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.std(dims, correction=0), torch.ones_like(y.std(dims)), atol=1e-4, rtol=0)


def test_no_norm_changes_nothing() -> None:
    assert isinstance(make_norm("none", 6), nn.Identity)


@pytest.mark.parametrize(("channels", "groups"), [(64, 32), (48, 16), (6, 2), (20, 4), (7, 1), (1, 1)])
def test_group_norm_has_32_groups_or_as_many_as_divide(channels: int, groups: int) -> None:
    layer = make_norm("group", channels)
    assert isinstance(layer, nn.GroupNorm)
    assert layer.num_groups == groups


@pytest.mark.parametrize("norm", CHOICES["norm"])
def test_a_norm_has_a_scale_and_a_shift_per_channel(norm: str) -> None:
    assert sum(p.numel() for p in make_norm(norm, 12).parameters()) == (0 if norm == "none" else 24)


@pytest.mark.parametrize("bias", [False, True])
def test_params_of_each_kind_of_convolution(bias: bool) -> None:
    def params(convolution: str, groups: int = 4) -> int:
        layer = make_convolution(convolution, 8, 12, 3, groups=groups, bias=bias)
        return sum(p.numel() for p in layer.parameters())

    assert params("standard") == 8 * 12 * 9 + 12 * bias
    assert params("grouped") == 8 * 12 * 9 // 4 + 12 * bias
    assert params("depthwise_separable") == 8 * 9 + 8 * 12 + 12 * bias


@pytest.mark.parametrize("convolution", CHOICES["convolution"])
def test_every_kind_of_convolution_has_the_same_shape(convolution: str) -> None:
    layer = make_convolution(convolution, 4, 6, 5, stride=2, padding=1, groups=2)
    assert layer(torch.zeros(2, 4, 11, 11)).shape == (2, 6, 5, 5)


def test_a_depthwise_separable_convolution_is_a_standard_one_of_rank_one() -> None:
    separable = make_convolution("depthwise_separable", 3, 5, 3, padding=1)
    depthwise, pointwise = separable
    standard = nn.Conv2d(3, 5, 3, padding=1)
    with torch.no_grad():
        standard.weight.copy_(pointwise.weight * depthwise.weight.transpose(0, 1))
        standard.bias.copy_(pointwise.bias)
        x = torch.randn(2, 3, 8, 8)
        torch.testing.assert_close(separable(x), standard(x), rtol=1e-4, atol=1e-5)


class TestParameterFreeShortcut:
    def test_it_takes_every_second_pixel_and_adds_empty_channels(self) -> None:
        x = torch.arange(32.0).view(1, 2, 4, 4)
        y = ParameterFreeShortcut(3, stride=2)(x)
        assert y.tolist() == [[[[0, 2], [8, 10]], [[16, 18], [24, 26]], [[0, 0], [0, 0]]]]

    def test_it_drops_surplus_channels(self) -> None:
        x = torch.randn(2, 5, 3, 3)
        assert torch.equal(ParameterFreeShortcut(2)(x), x[:, :2])

    @pytest.mark.parametrize("margin", [-5, -4, -1, 1, 4])
    def test_it_cuts_or_pads_around_the_middle(self, margin: int) -> None:
        x = torch.ones(1, 1, 9, 9)
        y = ParameterFreeShortcut(1, margin=margin)(x)
        assert y.shape[-2:] == (9 + margin, 9 + margin)
        assert y.sum() == min(81, (9 + margin) ** 2)

    def test_it_learns_nothing(self) -> None:
        assert not ParameterFreeShortcut(2).state_dict()


def test_residual() -> None:
    x = torch.randn(2, 3)
    layer = Residual(nn.Linear(3, 3), nn.Identity())
    assert torch.equal(layer(x), layer.function(x) + x)
