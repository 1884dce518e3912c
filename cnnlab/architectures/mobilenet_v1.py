"""MobileNet. Howard, Zhu, Chen, Kalenichenko, Wang, Weyand, Andreetto, Adam: "MobileNets: efficient convolutional
neural networks for mobile vision applications", 2017.

What differs from the paper: nothing in the network. `mobilenet_v1_standard_conv` is its twin with whole 3x3
convolutions, the "Conv MobileNet" of table 4. The paper's second factor, the resolution, is the image size.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import nn

from cnnlab.architectures.base import (
    MNIST,
    ConvolutionKind,
    Family,
    KernelSize,
    Norm,
    Paper,
    Pooling,
    Published,
    StemStride,
    StemWidth,
    TweakableSpec,
)
from cnnlab.architectures.layers import (
    Residual,
    make_activation,
    make_convolution,
    make_head,
    make_norm,
    make_shortcut,
    make_unit,
)
from cnnlab.architectures.widths import width_problems
from cnnlab.spec import Knob, Problem


class SeparableBlock(Residual):
    """A depthwise and a 1x1 convolution, each with normalisation and activation (figure 3, right).

    (N, in_channels, H, W) to (N, out_channels, H / stride, W / stride). Of another kind, it is one convolution with
    normalisation and activation (figure 3, left).
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
        shortcut: str,
    ) -> None:
        bias = norm == "none"
        same = kernel_size // 2
        function: OrderedDict[str, nn.Module] = OrderedDict()
        if convolution == "depthwise_separable":
            function["depthwise"] = nn.Conv2d(
                in_channels, in_channels, kernel_size, stride=stride, padding=same, groups=in_channels, bias=bias
            )
            function["norm1"] = make_norm(norm, in_channels)
            function["activation1"] = make_activation(activation)
            function["pointwise"] = nn.Conv2d(in_channels, out_channels, 1, bias=bias)
        else:
            function["conv"] = make_convolution(
                convolution,
                in_channels,
                out_channels,
                kernel_size,
                stride=stride,
                padding=same,
                groups=groups,
                bias=bias,
            )
        function["norm"] = make_norm(norm, out_channels)
        function["activation"] = make_activation(activation)
        fit = make_shortcut(shortcut, in_channels, out_channels, stride, norm, bias)
        super().__init__(nn.Sequential(function), fit)


class MobileNetV1(nn.Module):
    """A stem, stages of separable blocks that each halve the map but the first, and a dense head.

    (N, in_channels, H, W) to (N, num_classes). Table 1.
    """

    def __init__(
        self,
        *,
        width_multiplier: float,
        depths: tuple[int, ...],
        widths: tuple[int, ...],
        stem_width: int,
        stem_stride: int,
        kernel_size: int,
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
        channels = round(stem_width * width_multiplier)
        self.stem = make_unit(in_channels, channels, 3, stride=stem_stride, padding=1, activation=activation, norm=norm)
        self.stages = nn.Sequential()
        for i, (depth, width) in enumerate(zip(depths, widths, strict=True)):
            out_channels = round(width * width_multiplier)
            stage = nn.Sequential()
            for j in range(depth):
                block = SeparableBlock(
                    in_channels=channels,
                    out_channels=out_channels,
                    kernel_size=kernel_size,
                    stride=2 if i > 0 and j == 0 else 1,
                    activation=activation,
                    norm=norm,
                    convolution=convolution,
                    groups=groups,
                    shortcut=shortcut,
                )
                stage.append(block)
                channels = out_channels
            self.stages.append(stage)

        self.head = make_head(channels, num_classes, dropout, pooling)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.stages(self.stem(x)))


class MobileNetV1Spec(TweakableSpec):
    """A MobileNet. One entry of `depths` and `widths` per stage, which has one size of map."""

    noun: ClassVar[str] = "MobileNet v1"

    width_multiplier: Annotated[
        float,
        Field(
            ge=0.1,
            le=4,
            title="Width multiplier",
            description="A factor for the channels of all layers (alpha in the paper); the cost grows with its square.",
        ),
        Knob(group="Shape", soft=(0.25, 2), step=0.25),
    ] = 1.0
    depths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=64)], ...],
        Field(min_length=1, max_length=7, title="Blocks per stage", description="The number of blocks of each stage."),
        Knob(group="Shape", soft=(1, 12), per="stages", element="Blocks in stage {}"),
    ] = (1, 2, 2, 6, 2)
    widths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=4096)], ...],
        Field(min_length=1, max_length=7, title="Channels per stage", description="Output channels of each stage."),
        Knob(group="Shape", soft=(8, 1024), step=8, per="stages", element="Channels of stage {}"),
    ] = (64, 128, 256, 512, 1024)
    stem_width: StemWidth = 32
    stem_stride: StemStride = 2
    kernel_size: KernelSize = 3
    convolution: ConvolutionKind = "depthwise_separable"
    pooling: Pooling = "average"
    norm: Norm = "batch"

    def relations(self) -> Iterator[Problem]:
        yield from width_problems(self, "width_multiplier", MobileNetV1Spec._channels)

    def _channels(self) -> list[int]:
        return [round(width * self.width_multiplier) for width in (self.stem_width, *self.widths)]


PRESETS = {
    "mobilenet_v1": MobileNetV1Spec(),
    "mobilenet_v1_standard_conv": MobileNetV1Spec(convolution="standard"),
    "mobilenet_v1_mnist": MobileNetV1Spec(
        depths=(1, 2, 2), widths=(32, 64, 128), stem_width=16, stem_stride=1, **MNIST
    ),
}

PUBLISHED = {
    "mobilenet_v1": Published(dataset="ImageNet", top1=70.6, source="Howard et al. 2017, table 4"),
    "mobilenet_v1_standard_conv": Published(dataset="ImageNet", top1=71.7, source="Howard et al. 2017, table 4"),
}

MOBILENET_V1 = Family(
    name="mobilenet_v1",
    title="MobileNet v1",
    paper=Paper(
        authors="Howard, Zhu, Chen, Kalenichenko, Wang, Weyand, Andreetto, Adam",
        title="MobileNets: efficient convolutional neural networks for mobile vision applications",
        year=2017,
        link="https://arxiv.org/abs/1704.04861",
    ),
    idea="Filter each channel separately, then combine the channels with 1×1 convolutions, at an eighth of the cost.",
    introduced="Depthwise-separable convolutions throughout, for mobile devices; a width multiplier and a resolution to"
    " trade accuracy for cost.",
    spec=MobileNetV1Spec,
    network=MobileNetV1,
    presets=PRESETS,
    small="mobilenet_v1_mnist",
    published=PUBLISHED,
)
