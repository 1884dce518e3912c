"""ResNet. He, Zhang, Ren, Sun: "Deep residual learning for image recognition", 2015 (CVPR 2016).

What differs from the paper: the ImageNet presets put a bottleneck's stride in its 3x3 convolution ("v1.5", as
torchvision does), where the paper has it in the first 1x1: `stride_at`. The CIFAR presets are the paper's (section 4.2,
option A).
`resnet18_d2l` has biased convolutions and a projection without normalisation, as in "Dive into Deep Learning".

Its relatives, which are the same network with other knobs:
ResNeXt. Xie, Girshick, Dollár, Tu, He: "Aggregated residual transformations for deep neural networks", 2016
(https://arxiv.org/abs/1611.05431): wider bottlenecks whose 3x3 convolution is grouped.
Wide ResNet. Zagoruyko, Komodakis: "Wide residual networks", 2016 (https://arxiv.org/abs/1605.07146): fewer and wider
blocks. WRN-28-10 is `wrn28_10_cifar`; the paper's dropout between the two convolutions of a block is not here.
Pre-activation. He, Zhang, Ren, Sun: "Identity mappings in deep residual networks", 2016
(https://arxiv.org/abs/1603.05027): normalisation and activation come before each convolution, so that nothing is left
on the way of x through the network.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import nn

from cnnlab.architectures.base import (
    Family,
    KernelSize,
    Norm,
    Paper,
    Published,
    Shortcut,
    Stem,
    TweakableSpec,
    trained_weights,
)
from cnnlab.architectures.layers import (
    make_activation,
    make_convolution,
    make_head,
    make_norm,
    make_pool,
    make_sequence,
    make_shortcut,
)
from cnnlab.architectures.widths import width_problems
from cnnlab.spec import Knob, Problem


class BasicBlock(nn.Module):
    """activation(x + f(x)) with f two convolutions.

    (N, in_channels, H, W) to (N, out_channels, H / stride, W / stride). Table 1, ResNet-18 and 34.
    """

    def __init__(
        self,
        *,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int,
        activation: str,
        norm: str,
        convolution: str,
        groups: int,
        bias: bool,
        shortcut: str,
        shortcut_norm: str,
    ) -> None:
        super().__init__()
        same = kernel_size // 2
        self.conv1 = make_convolution(
            convolution, in_channels, out_channels, kernel_size, stride=stride, padding=same, groups=groups, bias=bias
        )
        self.norm1 = make_norm(norm, out_channels)
        self.activation1 = make_activation(activation)
        self.conv2 = make_convolution(
            convolution, out_channels, out_channels, kernel_size, padding=same, groups=groups, bias=bias
        )
        self.norm2 = make_norm(norm, out_channels)
        self.shortcut = make_shortcut(shortcut, in_channels, out_channels, stride, shortcut_norm, bias)
        self.activation2 = make_activation(activation)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.activation1(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        if self.shortcut is not None:
            y = y + self.shortcut(x)
        return self.activation2(y)


class Bottleneck(nn.Module):
    """activation(x + f(x)) with f a 1x1 convolution down to `width`, a 3x3 there, and a 1x1 up again.

    (N, in_channels, H, W) to (N, out_channels, H / stride, W / stride). Table 1, ResNet-50 and deeper.
    """

    def __init__(
        self,
        *,
        in_channels: int,
        width: int,
        out_channels: int,
        kernel_size: int,
        stride: int,
        stride_at: str,
        activation: str,
        norm: str,
        convolution: str,
        groups: int,
        bias: bool,
        shortcut: str,
        shortcut_norm: str,
    ) -> None:
        super().__init__()
        first, second = (stride, 1) if stride_at == "1x1" else (1, stride)
        self.conv1 = nn.Conv2d(in_channels, width, 1, stride=first, bias=bias)
        self.norm1 = make_norm(norm, width)
        self.activation1 = make_activation(activation)
        self.conv2 = make_convolution(
            convolution, width, width, kernel_size, stride=second, padding=kernel_size // 2, groups=groups, bias=bias
        )
        self.norm2 = make_norm(norm, width)
        self.activation2 = make_activation(activation)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=bias)
        self.norm3 = make_norm(norm, out_channels)
        self.shortcut = make_shortcut(shortcut, in_channels, out_channels, stride, shortcut_norm, bias)
        self.activation3 = make_activation(activation)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.activation1(self.norm1(self.conv1(x)))
        y = self.activation2(self.norm2(self.conv2(y)))
        y = self.norm3(self.conv3(y))
        if self.shortcut is not None:
            y = y + self.shortcut(x)
        return self.activation3(y)


class PreactivationBlock(nn.Module):
    """x + f(x) with f two or three times normalisation, activation and convolution (He et al. 2016, figure 1b).

    (N, in_channels, H, W) to (N, out_channels, H / stride, W / stride). The sizes of the convolutions are those of the
    other two blocks. Where x does not fit, the shortcut starts after the first activation, as in the paper's appendix;
    the first block of the network takes what the stem has already activated.
    """

    def __init__(
        self,
        *,
        block: str,
        is_first: bool,
        in_channels: int,
        width: int,
        out_channels: int,
        kernel_size: int,
        stride: int,
        stride_at: str,
        activation: str,
        norm: str,
        convolution: str,
        groups: int,
        bias: bool,
        shortcut: str,
        shortcut_norm: str,
    ) -> None:
        super().__init__()
        self.activate: nn.Module = nn.Identity()
        if not is_first:
            self.activate = make_sequence(norm=make_norm(norm, in_channels), activation=make_activation(activation))
        if block == "basic":
            sizes = [(convolution, kernel_size, stride, width), (convolution, kernel_size, 1, out_channels)]
        else:
            first, second = (stride, 1) if stride_at == "1x1" else (1, stride)
            middle = (convolution, kernel_size, second, width)
            sizes = [("standard", 1, first, width), middle, ("standard", 1, 1, out_channels)]
        function: OrderedDict[str, nn.Module] = OrderedDict()
        channels = in_channels
        for i, (kind, size, step, inner) in enumerate(sizes, start=1):
            if i > 1:
                function[f"norm{i}"] = make_norm(norm, channels)
                function[f"activation{i}"] = make_activation(activation)
            function[f"conv{i}"] = make_convolution(
                kind, channels, inner, size, stride=step, padding=size // 2, groups=groups, bias=bias
            )
            channels = inner
        self.function = nn.Sequential(function)
        self.shortcut = make_shortcut(shortcut, in_channels, out_channels, stride, shortcut_norm, bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        activated = self.activate(x)
        y = self.function(activated)
        if self.shortcut is None:
            return y
        return y + self.shortcut(x if isinstance(self.shortcut, nn.Identity) else activated)


class ResNet(nn.Module):
    """A stem, stages of blocks that each halve the map but the first, and a dense head.

    (N, in_channels, H, W) to (N, num_classes). Table 1 for the "imagenet" stem, section 4.2 for the "cifar" one.
    """

    def __init__(
        self,
        *,
        block: str,
        preactivation: bool,
        depths: tuple[int, ...],
        width: int,
        width_growth: float,
        width_multiplier: float,
        expansion: int,
        kernel_size: int,
        stem: str,
        stride_at: str,
        bias: bool,
        shortcut_norm: bool,
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
        size, stride = (7, 2) if stem == "imagenet" else (3, 1)
        self.stem = make_sequence(
            conv=nn.Conv2d(in_channels, width, size, stride, padding=size // 2, bias=bias),
            norm=make_norm(norm, width),
            activation=make_activation(activation),
        )
        if stem == "imagenet":
            self.stem.add_module("pool", make_pool(pooling, kernel_size=3, stride=2, padding=1))

        shared: dict[str, Any] = {
            "kernel_size": kernel_size,
            "activation": activation,
            "norm": norm,
            "convolution": convolution,
            "groups": groups,
            "bias": bias,
            "shortcut": shortcut,
            "shortcut_norm": norm if shortcut_norm else "none",
        }
        channels = width
        self.stages = nn.Sequential()
        for i, depth in enumerate(depths):
            stage_width = width * width_growth**i
            inner = round(stage_width * width_multiplier)
            out_channels = inner if block == "basic" else round(stage_width) * expansion
            stage = nn.Sequential()
            for j in range(depth):
                stride = 2 if i > 0 and j == 0 else 1
                ends: dict[str, Any] = {"in_channels": channels, "out_channels": out_channels, "stride": stride}
                if block == "bottleneck" or preactivation:
                    ends |= {"width": inner, "stride_at": stride_at}
                if preactivation:
                    stage.append(PreactivationBlock(block=block, is_first=i == j == 0, **ends, **shared))
                else:
                    stage.append((BasicBlock if block == "basic" else Bottleneck)(**ends, **shared))
                channels = out_channels
            self.stages.append(stage)

        before = {"norm": make_norm(norm, channels), "activation": make_activation(activation)} if preactivation else {}
        self.head = make_head(channels, num_classes, dropout, before=before)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.stages(self.stem(x)))


class ResNetSpec(TweakableSpec):
    """A ResNet. One entry of `depths` per stage."""

    noun: ClassVar[str] = "ResNet"

    width: Annotated[
        int,
        Field(
            ge=1,
            le=2048,
            title="Width of the first stage",
            description="Channels of the stem and of the blocks of the first stage; those of later stages follow from"
            " the growth.",
        ),
        Knob(group="Shape", soft=(8, 128)),
    ] = 64
    depths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=64)], ...],
        Field(
            min_length=1,
            max_length=6,
            title="Blocks per stage",
            description="The number of residual blocks of each stage.",
        ),
        Knob(group="Shape", soft=(1, 40), per="stages", element="Blocks in stage {}"),
    ] = (2, 2, 2, 2)
    width_growth: Annotated[
        float,
        Field(
            ge=0.5,
            le=4,
            title="Growth between stages",
            description="The ratio of the channels of each stage to those of the stage before.",
        ),
        Knob(group="Shape", soft=(0.5, 3), step=0.25),
    ] = 2.0
    width_multiplier: Annotated[
        float,
        Field(
            ge=0.25,
            le=16,
            title="Width multiplier",
            description="A factor for the convolutions inside the blocks but not for the stem, as in Wide ResNet.",
        ),
        Knob(group="Shape", soft=(0.25, 4), step=0.25),
    ] = 1.0
    kernel_size: KernelSize = 3
    block: Annotated[
        Literal["basic", "bottleneck"],
        Field(
            title="Block",
            description="Basic: two convolutions. Bottleneck: a 1×1 convolution to fewer channels, a spatial"
            " convolution, and a 1×1 convolution to more channels.",
        ),
        Knob(group="Layer types"),
    ] = "basic"
    preactivation: Annotated[
        bool,
        Field(
            title="Pre-activation",
            description="Whether normalisation and activation come before each convolution, not after it, so that the"
            " shortcut path has only additions.",
        ),
        Knob(group="Layer types"),
    ] = False
    expansion: Annotated[
        int,
        Field(
            ge=1,
            le=16,
            title="Expansion",
            description="The ratio of the output channels of a bottleneck to the width of its stage.",
        ),
        Knob(group="Shape", soft=(1, 8), only_when={"block": ("bottleneck",)}),
    ] = 4
    stem: Stem = "imagenet"
    stride_at: Annotated[
        Literal["1x1", "3x3"],
        Field(
            title="Stride in",
            description="The convolution of a bottleneck that halves the feature map: the first 1×1 (the paper), which"
            " skips three of four pixels, or the 3×3 (v1.5).",
        ),
        Knob(group="Layer types", names={"1x1": "1×1", "3x3": "3×3"}, only_when={"block": ("bottleneck",)}),
    ] = "3x3"
    bias: Annotated[
        bool,
        Field(
            title="Bias",
            description="Whether convolutions have a bias; a normalisation right after them makes it redundant.",
        ),
        Knob(group="Layer types"),
    ] = False
    shortcut_norm: Annotated[
        bool,
        Field(
            title="Normalisation of projections",
            description="Whether a normalisation follows the projection of a shortcut.",
        ),
        Knob(group="Layer types", only_when={"shortcut": ("projection",)}),
    ] = True
    shortcut: Shortcut = "projection"
    norm: Norm = "batch"

    def relations(self) -> Iterator[Problem]:
        yield from width_problems(self, "width", ResNetSpec._channels)

    def _channels(self) -> list[int]:
        factors = self.expansion if self.block == "bottleneck" else 1
        widths = [
            round(self.width * self.width_growth**i * max(self.width_multiplier, factors))
            for i in range(len(self.depths))
        ]
        narrowest = min(
            self.width * self.width_growth**i * min(self.width_multiplier, 1) for i in range(len(self.depths))
        )
        return [*widths, round(narrowest)]


_RESNET50 = ResNetSpec(depths=(3, 4, 6, 3), block="bottleneck")
_CIFAR = ResNetSpec(stem="cifar", width=16, shortcut="parameter_free", image_size=32, num_classes=10, depths=(3, 3, 3))
_WIDE = _CIFAR.replace(preactivation=True, shortcut="projection", shortcut_norm=False)

PRESETS = {
    "resnet18": ResNetSpec(),
    "resnet34": ResNetSpec(depths=(3, 4, 6, 3)),
    "resnet50": _RESNET50,
    "resnet101": ResNetSpec(depths=(3, 4, 23, 3), block="bottleneck"),
    "resnet152": ResNetSpec(depths=(3, 8, 36, 3), block="bottleneck"),
    "resnet20_cifar": _CIFAR,
    "resnet32_cifar": _CIFAR.replace(depths=(5, 5, 5)),
    "resnet44_cifar": _CIFAR.replace(depths=(7, 7, 7)),
    "resnet56_cifar": _CIFAR.replace(depths=(9, 9, 9)),
    "resnet110_cifar": _CIFAR.replace(depths=(18, 18, 18)),
    "resnet110_preact_cifar": _CIFAR.replace(depths=(18, 18, 18), preactivation=True),
    "resnet164_preact_cifar": _WIDE.replace(depths=(18, 18, 18), block="bottleneck"),
    "wrn40_4_cifar": _WIDE.replace(depths=(6, 6, 6), width_multiplier=4.0),
    "wrn28_10_cifar": _WIDE.replace(depths=(4, 4, 4), width_multiplier=10.0),
    "resnext50_32x4d": _RESNET50.replace(convolution="grouped", groups=32, width_multiplier=2.0),
    "wide_resnet50_2": _RESNET50.replace(width_multiplier=2.0),
    "resnet8_mnist": _CIFAR.replace(depths=(1, 1, 1), in_channels=1, image_size=28),
    "resnet18_d2l": ResNetSpec(bias=True, shortcut_norm=False, in_channels=1, num_classes=10),
}

_CIFAR10 = {
    "He et al. 2015, table 6": {
        "resnet20_cifar": 91.25,
        "resnet32_cifar": 92.49,
        "resnet44_cifar": 92.83,
        "resnet56_cifar": 93.03,
        "resnet110_cifar": 93.57,
    },
    "He et al. 2016, table 3": {"resnet110_preact_cifar": 93.63, "resnet164_preact_cifar": 94.54},
    "Zagoruyko and Komodakis 2016, table 5": {"wrn40_4_cifar": 95.47, "wrn28_10_cifar": 96.0},
}

PUBLISHED = {
    "resnet18": trained_weights(69.758, 89.078),
    "resnet34": trained_weights(73.314, 91.42),
    "resnet50": trained_weights(76.13, 92.862),
    "resnet101": trained_weights(77.374, 93.546),
    "resnet152": trained_weights(78.312, 94.046),
    "resnext50_32x4d": trained_weights(77.618, 93.698),
    "wide_resnet50_2": trained_weights(78.468, 94.086),
    **{
        name: Published(dataset="CIFAR-10", top1=top1, source=source)
        for source, rows in _CIFAR10.items()
        for name, top1 in rows.items()
    },
}

RESNET = Family(
    name="resnet",
    title="ResNet",
    paper=Paper(
        authors="He, Zhang, Ren, Sun",
        title="Deep residual learning for image recognition",
        year=2015,
        link="https://arxiv.org/abs/1512.03385",
    ),
    idea="Every block computes relu(x + f(x)), so that it only has to learn the difference from its input.",
    introduced="Shortcuts around every block, which make networks of 50 to 152 layers trainable; bottleneck blocks.",
    spec=ResNetSpec,
    network=ResNet,
    presets=PRESETS,
    small="resnet8_mnist",
    published=PUBLISHED,
)
