"""MobileNet v3. Howard, Sandler, Chu, Chen, Chen, Tan, Wang, Zhu, Pang, Vasudevan, Le, Adam: "Searching for
MobileNetV3", 2019.

What differs from the paper: the gate has a quarter of the widened channels, rounded to a multiple of 8, and normalises
with an epsilon of 0.001, as in the authors' code and in torchvision; the running statistics follow as fast as in the
other families (momentum 0.1, there 0.01), so that short trainings evaluate well.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

import torch
from pydantic import Field
from torch import nn

from cnnlab.architectures.base import (
    MAX_CHANNELS,
    MNIST,
    Activation,
    ConvolutionKind,
    Dropout,
    Family,
    Norm,
    Paper,
    Pooling,
    Shortcut,
    StemStride,
    StemWidth,
    TweakableSpec,
    trained_weights,
)
from cnnlab.architectures.layers import make_activation, make_global_pool, make_sequence, make_unit
from cnnlab.architectures.mobilenet_v2 import InvertedResidual, ShortcutEverywhere, WidthMultiplier, multiple_of_8
from cnnlab.architectures.widths import width_problems
from cnnlab.spec import Knob, Problem


class SqueezeExcitation(nn.Module):
    """Each channel times a number between 0 and 1 that follows from the means of all channels (Hu et al. 2017).

    (N, channels, H, W) to the same shape. Two 1x1 convolutions on one pixel are the paper's two dense layers.
    """

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.activation = nn.ReLU()
        self.excite = nn.Conv2d(squeezed, channels, 1)
        self.gate = nn.Hardsigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.gate(self.excite(self.activation(self.squeeze(self.pool(x)))))


class MobileNetV3(nn.Module):
    """A stem, inverted residuals with or without a gate, a last 1x1 convolution and two dense layers.

    (N, in_channels, H, W) to (N, num_classes). Tables 1 and 2. Blocks on maps of one size are a stage.
    """

    def __init__(
        self,
        *,
        width_multiplier: float,
        widths: tuple[int, ...],
        expanded_widths: tuple[int, ...],
        kernel_sizes: tuple[int, ...],
        strides: tuple[int, ...],
        gates: tuple[bool, ...],
        num_relu: int,
        stem_width: int,
        stem_stride: int,
        dense_width: int,
        activation: str,
        pooling: str,
        norm: str,
        convolution: str,
        groups: int,
        shortcut: str,
        shortcut_everywhere: bool,
        dropout: float,
        in_channels: int,
        num_classes: int,
    ) -> None:
        super().__init__()
        after: dict[str, Any] = {"activation": activation, "norm": norm, "norm_eps": 1e-3}
        channels = multiple_of_8(stem_width * width_multiplier)
        self.stem = make_unit(in_channels, channels, 3, stride=stem_stride, padding=1, **after)
        self.stages = nn.Sequential()
        blocks = zip(widths, expanded_widths, kernel_sizes, strides, gates, strict=True)
        for i, (width, expanded_width, kernel_size, stride, has_gate) in enumerate(blocks):
            expanded = multiple_of_8(expanded_width * width_multiplier)
            out_channels = multiple_of_8(width * width_multiplier)
            block = InvertedResidual(
                in_channels=channels,
                expanded=expanded,
                out_channels=out_channels,
                kernel_size=kernel_size,
                stride=stride,
                convolution=convolution,
                groups=groups,
                shortcut=shortcut,
                shortcut_everywhere=shortcut_everywhere,
                **{**after, "activation": "relu" if i < num_relu else activation},
            )
            if has_gate:
                block.depthwise.add_module("gate", SqueezeExcitation(expanded, multiple_of_8(expanded // 4)))
            if i == 0 or stride > 1:
                stage = nn.Sequential()
                self.stages.append(stage)
            stage.append(block)
            channels = out_channels
        self.last = make_unit(channels, 6 * channels, 1, **after)
        self.head = make_sequence(
            pool=make_global_pool(pooling),
            flatten=nn.Flatten(),
            dense=nn.Linear(6 * channels, dense_width),
            activation=make_activation(activation),
        )
        if dropout > 0:
            self.head.add_module("dropout", nn.Dropout(dropout))
        self.head.add_module("output", nn.Linear(dense_width, num_classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.last(self.stages(self.stem(x))))


class MobileNetV3Spec(TweakableSpec):
    """A MobileNet v3. One entry of each list per block."""

    noun: ClassVar[str] = "MobileNet v3"

    width_multiplier: WidthMultiplier = 1.0
    widths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=1024)], ...],
        Field(min_length=1, max_length=32, title="Channels per block", description="Output channels of each block."),
        Knob(group="Shape", soft=(8, 160), step=8, per="blocks", element="Channels of block {}"),
    ] = (16, 24, 24, 40, 40, 40, 80, 80, 80, 80, 112, 112, 160, 160, 160)
    expanded_widths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=4096)], ...],
        Field(
            min_length=1,
            max_length=32,
            title="Expanded channels",
            description="Channels inside each block, at its depthwise convolution.",
        ),
        Knob(group="Shape", soft=(8, 960), step=8, per="blocks", element="Expanded channels of block {}"),
    ] = (16, 64, 72, 72, 120, 120, 240, 200, 184, 184, 480, 672, 672, 960, 960)
    kernel_sizes: Annotated[
        tuple[Annotated[int, Field(ge=1, le=31)], ...],
        Field(
            min_length=1,
            max_length=32,
            title="Kernel sizes",
            description="Height and width of the kernel of the spatial convolution of each block; an even kernel"
            " changes the size of the feature map.",
        ),
        Knob(group="Shape", soft=(1, 11), per="blocks", element="Kernel of block {}"),
    ] = (3, 3, 3, 5, 5, 5, 3, 3, 3, 3, 3, 3, 5, 5, 5)
    strides: Annotated[
        tuple[Annotated[int, Field(ge=1, le=4)], ...],
        Field(
            min_length=1,
            max_length=32,
            title="Strides",
            description="Stride of each block: 2 halves the feature map and begins a stage, 1 keeps its size.",
        ),
        Knob(group="Shape", soft=(1, 4), per="blocks", element="Stride of block {}"),
    ] = (1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1)
    gates: Annotated[
        tuple[bool, ...],
        Field(
            min_length=1,
            max_length=32,
            title="Squeeze and excitation",
            description="Whether a block scales its channels by factors computed from their means.",
        ),
        Knob(group="Shape", per="blocks", element="Squeeze and excitation in block {}"),
    ] = (False, False, False, True, True, True, False, False, False, False, True, True, True, True, True)
    num_relu: Annotated[
        int,
        Field(
            ge=0,
            le=32,
            title="Blocks with ReLU",
            description="The number of blocks, from the first on, that use ReLU, which is cheaper on large feature"
            " maps.",
        ),
        Knob(group="Layer types", soft=(0, 15)),
    ] = 6
    stem_width: StemWidth = 16
    stem_stride: StemStride = 2
    dense_width: Annotated[
        int,
        Field(
            ge=1,
            le=MAX_CHANNELS,
            title="Width of the dense layer",
            description="Output features of the dense layer before the last one.",
        ),
        Knob(group="Shape", soft=(128, 2048), step=128),
    ] = 1280
    shortcut_everywhere: ShortcutEverywhere = False
    activation: Activation = "hardswish"
    convolution: ConvolutionKind = "depthwise_separable"
    shortcut: Shortcut = "parameter_free"
    dropout: Dropout = 0.2
    pooling: Pooling = "average"
    norm: Norm = "batch"

    def relations(self) -> Iterator[Problem]:
        yield from width_problems(self, "width_multiplier", MobileNetV3Spec._channels)

    def _channels(self) -> list[int]:
        widths = (self.stem_width, *self.widths, 6 * self.widths[-1], *self.expanded_widths)
        return [multiple_of_8(width * self.width_multiplier) for width in widths]

    def setting_of(self, layer: str) -> tuple[str, int | None]:
        parts = layer.split(".")
        if parts[0] != "stages":
            return super().setting_of(layer)
        starts = [i for i, stride in enumerate(self.strides) if i == 0 or stride > 1]
        return "kernel_sizes", starts[int(parts[1])] + int(parts[2])


PRESETS = {
    "mobilenet_v3_large": MobileNetV3Spec(),
    "mobilenet_v3_small": MobileNetV3Spec(
        widths=(16, 24, 24, 40, 40, 40, 48, 48, 96, 96, 96),
        expanded_widths=(16, 72, 88, 96, 240, 240, 120, 144, 288, 576, 576),
        kernel_sizes=(3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5),
        strides=(2, 2, 1, 2, 1, 1, 1, 1, 2, 1, 1),
        gates=(True, False, False, True, True, True, True, True, True, True, True),
        num_relu=3,
        dense_width=1024,
    ),
    "mobilenet_v3_mnist": MobileNetV3Spec(
        widths=(16, 24, 24, 40, 40),
        expanded_widths=(16, 64, 72, 96, 120),
        kernel_sizes=(3, 3, 3, 5, 5),
        strides=(1, 2, 1, 2, 1),
        gates=(False, False, False, True, True),
        num_relu=3,
        stem_stride=1,
        dense_width=128,
        **MNIST,
    ),
}

PUBLISHED = {
    "mobilenet_v3_large": trained_weights(74.042, 91.34),
    "mobilenet_v3_small": trained_weights(67.668, 87.402),
}

MOBILENET_V3 = Family(
    name="mobilenet_v3",
    title="MobileNet v3",
    paper=Paper(
        authors="Howard, Sandler, Chu, Chen, Chen, Tan, Wang, Zhu, Pang, Vasudevan, Le, Adam",
        title="Searching for MobileNetV3",
        year=2019,
        link="https://arxiv.org/abs/1905.02244",
    ),
    idea="The blocks of v2 with squeeze-and-excitation and the cheaper hard swish activation, in sizes found by"
    " architecture search.",
    introduced="Architecture search, squeeze-and-excitation, hard swish and a shorter last stage.",
    spec=MobileNetV3Spec,
    network=MobileNetV3,
    presets=PRESETS,
    small="mobilenet_v3_mnist",
    published=PUBLISHED,
)
