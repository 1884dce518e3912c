"""Xception. Chollet: "Xception: deep learning with depthwise separable convolutions", 2016 (CVPR 2017).

What differs from the paper: nothing in the network. Its authors' code (Keras) has the stem's two convolutions without
padding, and so have we. Keras counts 22,910,480 parameters, of which 54,528 are the running means and variances of its
normalisations, which nothing trains: the other 22,855,952 are those counted here. The paper prints 22,855,952 too
(table 3). The dense layers that it adds for its larger data set are not here.
"""

from collections import OrderedDict
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import nn

from cnnlab.architectures.base import (
    MAX_CHANNELS,
    MNIST,
    ConvolutionKind,
    Dropout,
    Family,
    ImageSize,
    KernelSize,
    Norm,
    Paper,
    Published,
    Shortcut,
    StemStride,
    TweakableSpec,
)
from cnnlab.architectures.layers import (
    Residual,
    make_activation,
    make_convolution,
    make_head,
    make_norm,
    make_pool,
    make_shortcut,
    make_unit,
)
from cnnlab.spec import Knob


class XceptionBlock(Residual):
    """Activation, separable convolution and normalisation, some times, and the input added (figure 5).

    (N, in_channels, H, W) to (N, widths[-1], H / stride, W / stride), by a pooling at the end if the stride is 2. The
    first activation is left out where the input has just had one.
    """

    def __init__(
        self,
        *,
        in_channels: int,
        widths: tuple[int, ...],
        stride: int,
        activate_first: bool,
        kernel_size: int,
        activation: str,
        pooling: str,
        norm: str,
        convolution: str,
        groups: int,
        shortcut: str,
    ) -> None:
        bias = norm == "none"
        function: OrderedDict[str, nn.Module] = OrderedDict()
        channels = in_channels
        for i, width in enumerate(widths, start=1):
            if i > 1 or activate_first:
                function[f"activation{i}"] = make_activation(activation)
            function[f"conv{i}"] = make_convolution(
                convolution, channels, width, kernel_size, padding=kernel_size // 2, groups=groups, bias=bias
            )
            function[f"norm{i}"] = make_norm(norm, width)
            channels = width
        if stride > 1:
            function["pool"] = make_pool(pooling, kernel_size=3, stride=stride, padding=1)
        fit = make_shortcut(shortcut, in_channels, channels, stride, norm, bias)
        super().__init__(nn.Sequential(function), fit)


class Xception(nn.Module):
    """An entry flow that halves the map in each block, a middle flow of equal blocks, and an exit flow.

    (N, in_channels, H, W) to (N, num_classes). Figure 5.
    """

    def __init__(
        self,
        *,
        stem_widths: tuple[int, ...],
        stem_stride: int,
        entry_widths: tuple[int, ...],
        middle_width: int,
        middle_depth: int,
        exit_width: int,
        last_widths: tuple[int, ...],
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
        channels = in_channels
        self.stem = nn.Sequential()
        for i, width in enumerate(stem_widths):
            stride = stem_stride if i == 0 else 1
            self.stem.append(make_unit(channels, width, 3, stride=stride, activation=activation, norm=norm))
            channels = width

        # Channels after each convolution of a block, and its stride.
        entry = [((width, width), 2) for width in (*entry_widths, middle_width)]
        middle = [((middle_width,) * 3, 1)] * middle_depth
        leave = [((middle_width, exit_width), 2)]
        self.stages = nn.Sequential()
        for flow in (entry, middle, leave):
            stage = nn.Sequential()
            for widths, stride in flow:
                block = XceptionBlock(
                    in_channels=channels,
                    widths=widths,
                    stride=stride,
                    activate_first=flow is not entry or len(stage) > 0,
                    kernel_size=kernel_size,
                    activation=activation,
                    pooling=pooling,
                    norm=norm,
                    convolution=convolution,
                    groups=groups,
                    shortcut=shortcut,
                )
                stage.append(block)
                channels = widths[-1]
            if len(stage) > 0:
                self.stages.append(stage)

        for width in last_widths:
            # The stage at hand is still the exit flow's.
            stage.append(
                make_unit(
                    channels,
                    width,
                    kernel_size,
                    padding=kernel_size // 2,
                    convolution=convolution,
                    groups=groups,
                    activation=activation,
                    norm=norm,
                )
            )
            channels = width
        self.head = make_head(channels, num_classes, dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.stages(self.stem(x)))


class XceptionSpec(TweakableSpec):
    """An Xception. One entry of `entry_widths` per block of the entry flow but its last, which has `middle_width`."""

    noun: ClassVar[str] = "Xception"

    stem_widths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=1024)], ...],
        Field(
            min_length=1,
            max_length=4,
            title="Widths of the stem",
            description="Output channels of the first convolutions, which are standard convolutions without padding.",
        ),
        Knob(group="Shape", soft=(8, 128), per="stem convolutions", element="Channels of stem convolution {}"),
    ] = (32, 64)
    stem_stride: StemStride = 2
    entry_widths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=4096)], ...],
        Field(
            max_length=5,
            title="Widths of the entry flow",
            description="Output channels of each block that halves the feature map; one more such block has the width"
            " of the middle flow.",
        ),
        Knob(group="Shape", soft=(8, 512), step=8, per="entry blocks", element="Channels of entry block {}"),
    ] = (128, 256)
    middle_width: Annotated[
        int,
        Field(
            ge=1,
            le=4096,
            title="Width of the middle flow",
            description="Channels of all blocks that keep the size of the feature map.",
        ),
        Knob(group="Shape", soft=(8, 1024), step=8),
    ] = 728
    middle_depth: Annotated[
        int,
        Field(
            ge=0,
            le=64,
            title="Blocks in the middle flow",
            description="The number of blocks of three convolutions that keep the size of the feature map.",
        ),
        Knob(group="Shape", soft=(0, 16)),
    ] = 8
    exit_width: Annotated[
        int,
        Field(
            ge=1,
            le=MAX_CHANNELS,
            title="Width of the exit block",
            description="Output channels of the last block with a shortcut.",
        ),
        Knob(group="Shape", soft=(8, 2048), step=8),
    ] = 1024
    last_widths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=MAX_CHANNELS)], ...],
        Field(
            max_length=4,
            title="Widths of the last convolutions",
            description="Output channels of each convolution after the blocks.",
        ),
        Knob(group="Shape", soft=(8, 4096), step=8, per="last convolutions", element="Channels of last convolution {}"),
    ] = (1536, 2048)
    kernel_size: KernelSize = 3
    convolution: ConvolutionKind = "depthwise_separable"
    shortcut: Shortcut = "projection"
    norm: Norm = "batch"
    dropout: Dropout = 0.5
    image_size: ImageSize = 299


PRESETS = {
    "xception": XceptionSpec(),
    "xception_mnist": XceptionSpec(
        stem_widths=(16, 24),
        stem_stride=1,
        entry_widths=(32,),
        middle_width=64,
        middle_depth=2,
        exit_width=96,
        last_widths=(128,),
        dropout=0.0,
        **MNIST,
    ),
}

PUBLISHED = {"xception": Published(dataset="ImageNet", top1=79.0, top5=94.5, source="Chollet 2016, table 1")}

XCEPTION = Family(
    name="xception",
    title="Xception",
    paper=Paper(
        authors="Chollet",
        title="Xception: deep learning with depthwise separable convolutions",
        year=2016,
        link="https://arxiv.org/abs/1610.02357",
    ),
    idea="An Inception module with one branch per channel is a depthwise-separable convolution, so the network stacks"
    " those.",
    introduced="A network made only of depthwise-separable convolutions, with residual shortcuts around groups of them."
    "",
    spec=XceptionSpec,
    network=Xception,
    presets=PRESETS,
    small="xception_mnist",
    published=PUBLISHED,
)
