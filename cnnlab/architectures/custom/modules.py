"""The modules of the blocks that no family defines, each made from flat arguments."""

from typing import Any

from torch import nn

from cnnlab.architectures.densenet import DenseLayer
from cnnlab.architectures.layers import make_activation, make_sequence


def make_densely_connected(
    *, in_channels: int, num_layers: int, growth_rate: int, expansion: int, **kind: Any
) -> nn.Module:
    """Layers that each add channels: (N, in_channels, H, W) to (N, in_channels + num_layers * growth_rate, H, W).

    `kind` are further arguments of `DenseLayer`.
    """
    sizes: dict[str, Any] = {"growth_rate": growth_rate, "bottleneck_width": expansion * growth_rate}
    starts = [in_channels + i * growth_rate for i in range(num_layers)]
    return nn.Sequential(*(DenseLayer(in_channels=start, shortcut="none", **sizes, **kind) for start in starts))


def make_dense(*, in_features: int, out_features: int, activation: str) -> nn.Module:
    """A dense layer and its activation: (N, in_features) to (N, out_features)."""
    return make_sequence(dense=nn.Linear(in_features, out_features), activation=make_activation(activation))
