"""Layers that several architectures share, chosen by the names in their specs."""

from collections import OrderedDict
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "leaky_relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "relu6": nn.ReLU6,
    "hardswish": nn.Hardswish,
}
"""The activations that a spec can name."""


def make_activation(activation: str) -> nn.Module:
    """The activation of that name; it keeps its input's shape."""
    return ACTIVATIONS[activation]()


def make_pool(pooling: str, kernel_size: int, stride: int, padding: int = 0, *, ceil_mode: bool = False) -> nn.Module:
    """Pooling over windows: (N, C, H, W) to (N, C, H', W'); `ceil_mode` also takes a last window that is not full."""
    pools: dict[str, type[nn.MaxPool2d] | type[nn.AvgPool2d]] = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}
    return pools[pooling](kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode)


def make_global_pool(pooling: str) -> nn.Module:
    """Pooling over the whole map: (N, C, H, W) to (N, C, 1, 1)."""
    return nn.AdaptiveMaxPool2d(1) if pooling == "max" else nn.AdaptiveAvgPool2d(1)


def make_norm(norm: str, channels: int, *, eps: float = 1e-5) -> nn.Module:
    """Normalisation of (N, C, H, W) with a scale and a shift per channel; `eps` keeps it from dividing by zero.

    "batch": per channel over the batch (Ioffe and Szegedy 2015). "group": per image over groups of channels (Wu and He
    2018), 32 groups or as many as divide the channels. "layer": per image over everything, which is one group.
    """
    if norm == "none":
        return nn.Identity()
    if norm == "batch":
        return nn.BatchNorm2d(channels, eps=eps)
    groups = {"layer": 1, "group": next(g for g in (32, 16, 8, 4, 2, 1) if channels % g == 0)}
    return nn.GroupNorm(groups[norm], channels, eps=eps)


def make_response_norm() -> nn.Module:
    """Local response normalisation of (N, C, H, W) over five neighbouring channels (Krizhevsky 2012, section 3.3).

    torch divides alpha by the number of channels, so the paper's 1e-4 is five times that here.
    """
    return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)


def make_convolution(
    convolution: str,
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int],
    *,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
    groups: int = 1,
    bias: bool = True,
) -> nn.Module:
    """A convolution in one of three kinds: (N, in_channels, H, W) to (N, out_channels, H', W').

    "standard": every output channel uses every input channel. "grouped": at those of its own group (Krizhevsky
    2012, Xie 2017). "depthwise_separable": one filter per channel, then a 1x1 convolution that mixes the channels
    (Chollet 2017, Howard 2017); the bias, if any, comes once, at the end.
    """
    if convolution == "depthwise_separable":
        depthwise = nn.Conv2d(
            in_channels, in_channels, kernel_size, stride, padding, dilation, groups=in_channels, bias=False
        )
        pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=bias)
        return nn.Sequential(OrderedDict(depthwise=depthwise, pointwise=pointwise))
    groups = groups if convolution == "grouped" else 1
    return nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias)


def make_sequence(**layers: nn.Module) -> nn.Sequential:
    """The layers one after another, by their names."""
    return nn.Sequential(OrderedDict(layers))


def make_unit(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int],
    *,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
    convolution: str = "standard",
    groups: int = 1,
    activation: str | None,
    norm: str,
    norm_eps: float = 1e-5,
) -> nn.Sequential:
    """A convolution, its normalisation, and its activation if any: (N, in_channels, H, W) to (N, out_channels, H', W').

    The convolution has a bias where no normalisation follows.
    """
    unit = make_sequence(
        conv=make_convolution(
            convolution,
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
            bias=norm == "none",
        )
    )
    if norm != "none":
        unit.add_module("norm", make_norm(norm, out_channels, eps=norm_eps))
    if activation is not None:
        unit.add_module("activation", make_activation(activation))
    return unit


class Branches(nn.ModuleDict):
    """Modules side by side on the same input, concatenated: (N, C, H, W) to (N, sum of their channels, H, W)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(x) for branch in self.values()], 1)


def make_head(
    in_channels: int,
    num_classes: int,
    dropout: float,
    pooling: str = "average",
    before: Mapping[str, nn.Module] | None = None,
) -> nn.Sequential:
    """A dense layer on the pooled map, behind the modules `before`: (N, in_channels, H, W) to (N, num_classes)."""
    head = make_sequence(**(before or {}), pool=make_global_pool(pooling), flatten=nn.Flatten())
    if dropout > 0:
        head.add_module("dropout", nn.Dropout(dropout))
    head.add_module("output", nn.Linear(in_channels, num_classes))
    return head


class ParameterFreeShortcut(nn.Module):
    """The input, cropped or padded to fit, without parameters (He et al. 2015, section 4.2, option A).

    (N, C, H, W) to (N, out_channels, H', W'): every `stride`-th pixel; height and width longer by `margin` zeros
    (shorter where negative); missing channels filled with zeros, surplus ones dropped.
    """

    def __init__(self, out_channels: int, stride: int = 1, margin: int = 0) -> None:
        super().__init__()
        self.out_channels, self.stride, self.margin = out_channels, stride, margin

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x[:, :, :: self.stride, :: self.stride]
        near, far = self.margin // 2, self.margin - self.margin // 2
        return F.pad(x, (near, far, near, far, 0, self.out_channels - x.shape[1]))


class Residual(nn.Module):
    """f(x) + shortcut(x), or f(x) alone where there is no shortcut."""

    def __init__(self, function: nn.Module, shortcut: nn.Module | None) -> None:
        super().__init__()
        self.function = function
        self.shortcut = shortcut

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.function(x)
        return y if self.shortcut is None else y + self.shortcut(x)


def add_shortcut(function: nn.Module, shortcut: str, in_channels: int, out_channels: int, margin: int) -> nn.Module:
    """x + f(x) for a function of stride 1 that makes the map's sides longer by `margin` (shorter where negative).

    The shortcut "none" leaves the function as it is.
    """
    if shortcut == "none":
        return function
    if shortcut == "parameter_free" or (in_channels == out_channels and margin == 0):
        return Residual(function, ParameterFreeShortcut(out_channels, margin=margin))
    fit = ParameterFreeShortcut(in_channels, margin=margin)
    return Residual(function, nn.Sequential(fit, nn.Conv2d(in_channels, out_channels, 1)))


def make_shortcut(
    shortcut: str, in_channels: int, out_channels: int, stride: int, norm: str, bias: bool
) -> nn.Module | None:
    """The module whose output is added to that of a block, or None.

    (N, in_channels, H, W) to (N, out_channels, H / stride, W / stride).
    """
    if shortcut == "none":
        return None
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    if shortcut == "parameter_free":
        return ParameterFreeShortcut(out_channels, stride)
    projection = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=bias)
    return nn.Sequential(projection, make_norm(norm, out_channels)) if norm != "none" else projection
