"""MobileNet v2. Sandler, Howard, Zhu, Zhmoginov, Chen: "MobileNetV2: inverted residuals and linear bottlenecks", 2018.

What differs from the paper: channels are rounded to multiples of 8 after the width multiplier, and the last layer is
not made narrower by a multiplier below 1, as in the authors' code and in torchvision. The paper adds the input
only where a block keeps the map and the channels; `shortcut_everywhere` adds the others too.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

import torch
from pydantic import Field
from torch import nn

from cnnlab.architectures.base import (
    MNIST,
    Activation,
    ConvolutionKind,
    Dropout,
    Family,
    KernelSize,
    Norm,
    Paper,
    Pooling,
    Shortcut,
    StemStride,
    StemWidth,
    TweakableSpec,
    trained_weights,
)
from cnnlab.architectures.layers import make_head, make_shortcut, make_unit
from cnnlab.architectures.widths import width_problems
from cnnlab.spec import Knob, Problem


def multiple_of_8(channels: float) -> int:
    """The nearest multiple of 8 that is at least 8 and not less than nine tenths of `channels`."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


class InvertedResidual(nn.Module):
    """A 1x1 convolution up to `expanded` channels, one per channel there, and a 1x1 down again (figure 4d).

    (N, in_channels, H, W) to (N, out_channels, H / stride, W / stride). Without the first where it would not widen. The
    second is of another kind where `convolution` says so.
    """

    def __init__(
        self,
        *,
        in_channels: int,
        expanded: int,
        out_channels: int,
        kernel_size: int,
        stride: int,
        activation: str,
        norm: str,
        norm_eps: float,
        convolution: str,
        groups: int,
        shortcut: str,
        shortcut_everywhere: bool,
    ) -> None:
        super().__init__()
        after: dict[str, Any] = {"activation": activation, "norm": norm, "norm_eps": norm_eps}
        self.expand = nn.Identity() if expanded == in_channels else make_unit(in_channels, expanded, 1, **after)
        kinds = {"standard": 1, "grouped": groups, "depthwise_separable": expanded}
        window: dict[str, Any] = {"stride": stride, "padding": kernel_size // 2, "groups": kinds[convolution]}
        self.depthwise = make_unit(expanded, expanded, kernel_size, convolution="grouped", **window, **after)
        self.project = make_unit(expanded, out_channels, 1, activation=None, norm=norm, norm_eps=norm_eps)
        fits = stride == 1 and in_channels == out_channels
        shortcut = shortcut if fits or shortcut_everywhere else "none"
        self.shortcut = make_shortcut(shortcut, in_channels, out_channels, stride, norm, norm == "none")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return y if self.shortcut is None else y + self.shortcut(x)


class MobileNetV2(nn.Module):
    """A stem, stages of inverted residuals, a last 1x1 convolution and a dense head.

    (N, in_channels, H, W) to (N, num_classes). Table 2.
    """

    def __init__(
        self,
        *,
        width_multiplier: float,
        depths: tuple[int, ...],
        widths: tuple[int, ...],
        expansions: tuple[int, ...],
        strides: tuple[int, ...],
        stem_width: int,
        stem_stride: int,
        last_width: int,
        kernel_size: int,
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
        after: dict[str, Any] = {"activation": activation, "norm": norm, "norm_eps": 1e-5}
        channels = multiple_of_8(stem_width * width_multiplier)
        self.stem = make_unit(in_channels, channels, 3, stride=stem_stride, padding=1, **after)
        self.stages = nn.Sequential()
        for depth, width, expansion, stride in zip(depths, widths, expansions, strides, strict=True):
            out_channels = multiple_of_8(width * width_multiplier)
            stage = nn.Sequential()
            for j in range(depth):
                block = InvertedResidual(
                    in_channels=channels,
                    expanded=channels * expansion,
                    out_channels=out_channels,
                    kernel_size=kernel_size,
                    stride=stride if j == 0 else 1,
                    convolution=convolution,
                    groups=groups,
                    shortcut=shortcut,
                    shortcut_everywhere=shortcut_everywhere,
                    **after,
                )
                stage.append(block)
                channels = out_channels
            self.stages.append(stage)
        last = multiple_of_8(last_width * max(1.0, width_multiplier))
        self.last = make_unit(channels, last, 1, **after)
        self.head = make_head(last, num_classes, dropout, pooling)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.last(self.stages(self.stem(x))))


ShortcutEverywhere = Annotated[
    bool,
    Field(
        title="Shortcut around every block",
        description="Whether blocks that change the size of the feature map or the number of channels have a shortcut"
        " too.",
    ),
    Knob(group="Layer types"),
]
WidthMultiplier = Annotated[
    float,
    Field(
        ge=0.1,
        le=4,
        title="Width multiplier",
        description="A factor for the channels of all layers, which are rounded to multiples of 8; the cost grows"
        " with its square.",
    ),
    Knob(group="Shape", soft=(0.25, 2), step=0.25),
]


class MobileNetV2Spec(TweakableSpec):
    """A MobileNet v2. One entry of `depths`, `widths`, `expansions` and `strides` per stage."""

    noun: ClassVar[str] = "MobileNet v2"

    width_multiplier: WidthMultiplier = 1.0
    depths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=64)], ...],
        Field(min_length=1, max_length=10, title="Blocks per stage", description="The number of blocks of each stage."),
        Knob(group="Shape", soft=(1, 12), per="stages", element="Blocks in stage {}"),
    ] = (1, 2, 3, 4, 3, 3, 1)
    widths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=2048)], ...],
        Field(
            min_length=1,
            max_length=10,
            title="Channels per stage",
            description="Output channels of the blocks of each stage.",
        ),
        Knob(group="Shape", soft=(8, 320), step=8, per="stages", element="Channels of stage {}"),
    ] = (16, 24, 32, 64, 96, 160, 320)
    expansions: Annotated[
        tuple[Annotated[int, Field(ge=1, le=16)], ...],
        Field(
            min_length=1,
            max_length=10,
            title="Expansions",
            description="The ratio of the channels inside the blocks of each stage to their input channels; t in the"
            " paper.",
        ),
        Knob(group="Shape", soft=(1, 8), per="stages", element="Expansion in stage {}"),
    ] = (1, 6, 6, 6, 6, 6, 6)
    strides: Annotated[
        tuple[Annotated[int, Field(ge=1, le=4)], ...],
        Field(
            min_length=1,
            max_length=10,
            title="Strides",
            description="Stride of the first block of each stage: 2 halves the feature map, 1 keeps its size.",
        ),
        Knob(group="Shape", soft=(1, 4), per="stages", element="Stride of stage {}"),
    ] = (1, 2, 2, 2, 1, 2, 1)
    stem_width: StemWidth = 32
    stem_stride: StemStride = 2
    last_width: Annotated[
        int,
        Field(
            ge=1,
            le=2048,
            title="Width of the last convolution",
            description="Output channels of the last convolution, which the dense layer takes.",
        ),
        Knob(group="Shape", soft=(128, 2048), step=128),
    ] = 1280
    kernel_size: KernelSize = 3
    shortcut_everywhere: ShortcutEverywhere = False
    activation: Activation = "relu6"
    convolution: ConvolutionKind = "depthwise_separable"
    shortcut: Shortcut = "parameter_free"
    dropout: Dropout = 0.2
    pooling: Pooling = "average"
    norm: Norm = "batch"

    def relations(self) -> Iterator[Problem]:
        yield from width_problems(self, "width_multiplier", MobileNetV2Spec._widest)

    def _widest(self) -> list[int]:
        ends = [multiple_of_8(width * self.width_multiplier) for width in (self.stem_width, *self.widths)]
        inputs = zip(ends[:-1], ends[1:], self.expansions, self.depths, strict=True)
        widest = max(expansion * (max(a, b) if depth > 1 else a) for a, b, expansion, depth in inputs)
        return [max(widest, *ends, multiple_of_8(self.last_width * max(1.0, self.width_multiplier)))]


PRESETS = {
    "mobilenet_v2": MobileNetV2Spec(),
    "mobilenet_v2_mnist": MobileNetV2Spec(
        depths=(1, 2, 2),
        widths=(16, 24, 40),
        expansions=(1, 4, 4),
        strides=(1, 2, 2),
        stem_width=16,
        stem_stride=1,
        last_width=256,
        **MNIST,
    ),
}

PUBLISHED = {"mobilenet_v2": trained_weights(71.878, 90.286)}

MOBILENET_V2 = Family(
    name="mobilenet_v2",
    title="MobileNet v2",
    paper=Paper(
        authors="Sandler, Howard, Zhu, Zhmoginov, Chen",
        title="MobileNetV2: inverted residuals and linear bottlenecks",
        year=2018,
        link="https://arxiv.org/abs/1801.04381",
    ),
    idea="Expand the channels, filter each one separately, project to few channels without an activation, and add the"
    " input.",
    introduced="Inverted residual blocks with linear bottlenecks: no activation where there are few channels.",
    spec=MobileNetV2Spec,
    network=MobileNetV2,
    presets=PRESETS,
    small="mobilenet_v2_mnist",
    published=PUBLISHED,
)
