"""DenseNet. Huang, Liu, van der Maaten, Weinberger: "Densely connected convolutional networks", 2016 (CVPR 2017).

What differs from the paper: nothing in the networks; the paper's dropout after every convolution (0.2, where it trains
without augmentation) is not here: `dropout` is before the dense layer, as in all families. Every layer
concatenates its whole input: the memory kept for backward therefore grows with the square of the depth of a stage.
`pooling` is that of the transitions; the one in the stem is always a max pooling.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import nn

from cnnlab.architectures.base import (
    Family,
    Norm,
    Paper,
    Pooling,
    Published,
    Stem,
    TweakableSpec,
    trained_weights,
)
from cnnlab.architectures.layers import (
    add_shortcut,
    make_activation,
    make_convolution,
    make_head,
    make_norm,
    make_pool,
    make_sequence,
    make_unit,
)
from cnnlab.architectures.widths import width_problems
from cnnlab.spec import Knob, Problem


class DenseLayer(nn.Module):
    """The input with `growth_rate` new channels behind it.

    (N, in_channels, H, W) to (N, in_channels + growth_rate, H, W). The new ones come from a 3x3 convolution; with a
    `bottleneck_width`, a 1x1 convolution narrows its input to that many channels (section 3, DenseNet-B).
    """

    def __init__(
        self,
        *,
        in_channels: int,
        growth_rate: int,
        bottleneck_width: int,
        activation: str,
        norm: str,
        convolution: str,
        groups: int,
        shortcut: str,
    ) -> None:
        super().__init__()
        bias = norm == "none"
        function = make_sequence(norm1=make_norm(norm, in_channels), activation1=make_activation(activation))
        if bottleneck_width:
            function.add_module("conv1", nn.Conv2d(in_channels, bottleneck_width, 1, bias=bias))
            function.add_module("norm2", make_norm(norm, bottleneck_width))
            function.add_module("activation2", make_activation(activation))
        channels, last = (bottleneck_width, "conv2") if bottleneck_width else (in_channels, "conv1")
        convolve = make_convolution(convolution, channels, growth_rate, 3, padding=1, groups=groups, bias=bias)
        function.add_module(last, convolve)
        self.function = add_shortcut(function, shortcut, in_channels, growth_rate, margin=0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, self.function(x)], 1)


class Transition(nn.Module):
    """Fewer channels on half the map: (N, in_channels, H, W) to (N, out_channels, H / 2, W / 2)."""

    def __init__(self, *, in_channels: int, out_channels: int, activation: str, pooling: str, norm: str) -> None:
        super().__init__()
        self.norm = make_norm(norm, in_channels)
        self.activation = make_activation(activation)
        self.conv = nn.Conv2d(in_channels, out_channels, 1, bias=norm == "none")
        self.pool = make_pool(pooling, kernel_size=2, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pool(self.conv(self.activation(self.norm(x))))


class DenseNet(nn.Module):
    """A stem, stages of dense layers with a transition after each but the last, and a dense head.

    (N, in_channels, H, W) to (N, num_classes). Table 1 for the "imagenet" stem, section 3 for the "cifar" one.
    """

    def __init__(
        self,
        *,
        growth_rate: int,
        depths: tuple[int, ...],
        width: int,
        bottleneck: bool,
        expansion: int,
        compression: float,
        stem: str,
        activation: str,
        pooling: str,
        norm: str,
        convolution: str,
        groups: int,
        shortcut: str,
        dropout: float,
        in_channels: int,
        num_classes: int,
    ) -> None:
        super().__init__()
        if stem == "imagenet":
            self.stem = make_unit(in_channels, width, 7, stride=2, padding=3, activation=activation, norm=norm)
            self.stem.add_module("pool", make_pool("max", kernel_size=3, stride=2, padding=1))
        else:
            self.stem = make_sequence(conv=nn.Conv2d(in_channels, width, 3, padding=1, bias=norm == "none"))

        channels = width
        self.stages = nn.Sequential()
        for i, depth in enumerate(depths, start=1):
            stage: OrderedDict[str, nn.Module] = OrderedDict()
            for j in range(1, depth + 1):
                stage[f"layer{j}"] = DenseLayer(
                    in_channels=channels,
                    growth_rate=growth_rate,
                    bottleneck_width=expansion * growth_rate if bottleneck else 0,
                    activation=activation,
                    norm=norm,
                    convolution=convolution,
                    groups=groups,
                    shortcut=shortcut,
                )
                channels += growth_rate
            if i < len(depths):
                fewer = max(int(channels * compression), 1)
                stage["transition"] = Transition(
                    in_channels=channels, out_channels=fewer, activation=activation, pooling=pooling, norm=norm
                )
                channels = fewer
            self.stages.append(nn.Sequential(stage))

        before = {"norm": make_norm(norm, channels), "activation": make_activation(activation)}
        self.head = make_head(channels, num_classes, dropout, before=before)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.stages(self.stem(x)))


class DenseNetSpec(TweakableSpec):
    """A DenseNet. One entry of `depths` per stage, which the paper calls a dense block."""

    noun: ClassVar[str] = "DenseNet"

    growth_rate: Annotated[
        int,
        Field(
            ge=1,
            le=256,
            title="Growth rate",
            description="The number of channels that each layer adds; k in the paper.",
        ),
        Knob(group="Shape", soft=(4, 48)),
    ] = 32
    depths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=64)], ...],
        Field(
            min_length=1,
            max_length=6,
            title="Layers per stage",
            description="The number of dense layers of each stage.",
        ),
        Knob(group="Shape", soft=(1, 48), per="stages", element="Layers in stage {}"),
    ] = (6, 12, 24, 16)
    width: Annotated[
        int,
        Field(ge=1, le=2048, title="Width of the stem", description="Output channels of the first convolution."),
        Knob(group="Shape", soft=(8, 128)),
    ] = 64
    bottleneck: Annotated[
        bool,
        Field(
            title="Bottleneck",
            description="Whether a 1×1 convolution reduces the channels before each 3×3 convolution (DenseNet-B).",
        ),
        Knob(group="Layer types"),
    ] = True
    expansion: Annotated[
        int,
        Field(
            ge=1,
            le=16,
            title="Width of the bottleneck",
            description="The ratio of the channels of a bottleneck to the growth rate.",
        ),
        Knob(group="Shape", soft=(1, 8), only_when={"bottleneck": (True,)}),
    ] = 4
    compression: Annotated[
        float,
        Field(
            ge=0.05,
            le=1,
            title="Compression",
            description="The fraction of the channels that a transition between two stages keeps (DenseNet-C if less"
            " than 1).",
        ),
        Knob(group="Shape", soft=(0.05, 1), step=0.05),
    ] = 0.5
    stem: Stem = "imagenet"
    pooling: Pooling = "average"
    norm: Norm = "batch"

    def relations(self) -> Iterator[Problem]:
        yield from width_problems(self, "growth_rate", DenseNetSpec._widest)

    def _widest(self) -> list[int]:
        channels, widest = self.width, self.width
        for depth in self.depths:
            channels += depth * self.growth_rate
            widest = max(widest, channels)
            channels = int(channels * self.compression)
        return [widest]


_CIFAR = DenseNetSpec(
    growth_rate=12,
    depths=(12, 12, 12),
    width=16,
    bottleneck=False,
    compression=1.0,
    stem="cifar",
    image_size=32,
    num_classes=10,
)
_CIFAR_BC = _CIFAR.replace(depths=(16, 16, 16), width=24, bottleneck=True, compression=0.5)

PRESETS = {
    "densenet121": DenseNetSpec(),
    "densenet161": DenseNetSpec(growth_rate=48, depths=(6, 12, 36, 24), width=96),
    "densenet169": DenseNetSpec(depths=(6, 12, 32, 32)),
    "densenet201": DenseNetSpec(depths=(6, 12, 48, 32)),
    "densenet40_k12_cifar": _CIFAR,
    "densenet100_k12_cifar": _CIFAR.replace(depths=(32, 32, 32)),
    "densenet100_k24_cifar": _CIFAR.replace(growth_rate=24, depths=(32, 32, 32)),
    "densenet_bc100_k12_cifar": _CIFAR_BC,
    "densenet_bc250_k24_cifar": _CIFAR_BC.replace(growth_rate=24, depths=(41, 41, 41), width=48),
    "densenet_bc190_k40_cifar": _CIFAR_BC.replace(growth_rate=40, depths=(31, 31, 31), width=80),
    "densenet_bc22_k12_mnist": _CIFAR_BC.replace(depths=(3, 3, 3), in_channels=1, image_size=28),
}

_CIFAR10 = {
    "densenet40_k12_cifar": 94.76,
    "densenet100_k12_cifar": 95.9,
    "densenet100_k24_cifar": 96.26,
    "densenet_bc100_k12_cifar": 95.49,
    "densenet_bc250_k24_cifar": 96.38,
    "densenet_bc190_k40_cifar": 96.54,
}

PUBLISHED = {
    "densenet121": trained_weights(74.434, 91.972),
    "densenet161": trained_weights(77.138, 93.56),
    "densenet169": trained_weights(75.6, 92.806),
    "densenet201": trained_weights(76.896, 93.37),
    **{
        name: Published(dataset="CIFAR-10", top1=top1, source="Huang et al. 2016, table 2, with augmentation")
        for name, top1 in _CIFAR10.items()
    },
}

DENSENET = Family(
    name="densenet",
    title="DenseNet",
    paper=Paper(
        authors="Huang, Liu, van der Maaten, Weinberger",
        title="Densely connected convolutional networks",
        year=2016,
        link="https://arxiv.org/abs/1608.06993",
    ),
    idea="The input of every layer is the concatenated output of all layers before it, to which it adds a few channels."
    "",
    introduced="Concatenation instead of addition, the growth rate, and transitions that reduce the number of channels."
    "",
    spec=DenseNetSpec,
    network=DenseNet,
    presets=PRESETS,
    small="densenet_bc22_k12_mnist",
    published=PUBLISHED,
)
