"""The modules of the blocks that no family defines, each made from flat arguments."""

from collections import OrderedDict

from torch import nn

from cnnlab.architectures.densenet import DenseLayer
from cnnlab.architectures.layers import make_activation, make_convolution, make_norm


def make_convolution_block(
    *,
    in_channels: int,
    out_channels: int,
    kernel_size: int,
    stride: int,
    padding: int,
    dilation: int,
    convolution: str,
    groups: int,
    activation: str,
    norm: str,
) -> nn.Module:
    """A convolution, its normalisation and its activation: (N, in_channels, H, W) to (N, out_channels, H', W')."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv"] = make_convolution(
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
    if norm != "none":
        layers["norm"] = make_norm(norm, out_channels)
    layers["activation"] = make_activation(activation)
    return nn.Sequential(layers)


def make_densely_connected(
    *,
    in_channels: int,
    num_layers: int,
    growth_rate: int,
    expansion: int,
    activation: str,
    norm: str,
    convolution: str,
    groups: int,
) -> nn.Module:
    """Layers that each add channels: (N, in_channels, H, W) to (N, in_channels + num_layers * growth_rate, H, W)."""
    return nn.Sequential(
        *(
            DenseLayer(
                in_channels=in_channels + i * growth_rate,
                growth_rate=growth_rate,
                bottleneck_width=expansion * growth_rate,
                activation=activation,
                norm=norm,
                convolution=convolution,
                groups=groups,
                shortcut="none",
            )
            for i in range(num_layers)
        )
    )


def make_dense(*, in_features: int, out_features: int, activation: str) -> nn.Module:
    """A dense layer and its activation: (N, in_features) to (N, out_features)."""
    return nn.Sequential(
        OrderedDict(dense=nn.Linear(in_features, out_features), activation=make_activation(activation))
    )
