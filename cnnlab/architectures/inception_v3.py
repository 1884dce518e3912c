"""Inception v3. Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: "Rethinking the Inception architecture for computer vision",
2015 (CVPR 2016).

What differs from the paper: `inception_v3` is the form that its authors published as code and that torchvision has: the
first modules keep a 5x5 kernel that figure 5 splits into two 3x3, and the reductions make 768 and 1280 channels. The
modules' own poolings always average; the pooling that can be chosen is that of the stem and of the reductions.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import nn

from cnnlab.architectures.base import Auxiliary, Dropout, Family, ImageSize, Norm, Paper, TweakableSpec, trained_weights
from cnnlab.architectures.googlenet import make_inception_unit, make_pool_branch, scaled
from cnnlab.architectures.layers import Branches, add_shortcut, make_head, make_pool, make_sequence
from cnnlab.spec import Knob


class ModuleA(Branches):
    """Four branches: a 1x1, a 5x5, two 3x3 in a row, and an average.

    (N, in_channels, H, W) to (N, 224 + pool_width, H, W) at a multiplier of 1. Figure 5. In all modules `kind` are the
    arguments of `make_unit` for the convolutions: `convolution`, `groups`, `activation` and `norm`.
    """

    def __init__(self, *, in_channels: int, pool_width: int, width_multiplier: float, **kind: Any) -> None:
        w48, w64, w96 = (scaled(width, width_multiplier) for width in (48, 64, 96))
        super().__init__(
            {
                "branch1x1": make_inception_unit(in_channels, w64, 1, **kind),
                "branch5x5": make_sequence(
                    reduce=make_inception_unit(in_channels, w48, 1, **kind),
                    conv=make_inception_unit(w48, w64, 5, padding=2, **kind),
                ),
                "branch3x3_twice": make_sequence(
                    reduce=make_inception_unit(in_channels, w64, 1, **kind),
                    conv1=make_inception_unit(w64, w96, 3, padding=1, **kind),
                    conv2=make_inception_unit(w96, w96, 3, padding=1, **kind),
                ),
                "branch_pool": make_pool_branch(in_channels, pool_width, "average", **kind),
            }
        )
        self.out_channels = 2 * w64 + w96 + pool_width


class ReductionA(Branches):
    """Halves the map: a 3x3, two 3x3 in a row and a pooling, each with stride 2.

    (N, in_channels, H, W) to (N, in_channels + 480, (H - 1) / 2, (W - 1) / 2) at a multiplier of 1. Figure 10.
    """

    def __init__(self, *, in_channels: int, width_multiplier: float, pooling: str, **kind: Any) -> None:
        w64, w96, w384 = (scaled(width, width_multiplier) for width in (64, 96, 384))
        super().__init__(
            {
                "branch3x3": make_inception_unit(in_channels, w384, 3, stride=2, **kind),
                "branch3x3_twice": make_sequence(
                    reduce=make_inception_unit(in_channels, w64, 1, **kind),
                    conv1=make_inception_unit(w64, w96, 3, padding=1, **kind),
                    conv2=make_inception_unit(w96, w96, 3, stride=2, **kind),
                ),
                "branch_pool": make_pool(pooling, kernel_size=3, stride=2),
            }
        )
        self.out_channels = in_channels + w384 + w96


class ModuleB(Branches):
    """Four branches: a 1x1, a 7x7 as two lines, two 7x7 as four lines, and an average.

    (N, in_channels, H, W) to (N, 768, H, W) at a multiplier of 1, with `width` channels between the lines. Figure 6.
    """

    def __init__(self, *, in_channels: int, width: int, width_multiplier: float, **kind: Any) -> None:
        row: dict[str, Any] = {"kernel_size": (1, 7), "padding": (0, 3), **kind}
        column: dict[str, Any] = {"kernel_size": (7, 1), "padding": (3, 0), **kind}
        w192 = scaled(192, width_multiplier)
        super().__init__(
            {
                "branch1x1": make_inception_unit(in_channels, w192, 1, **kind),
                "branch7x7": make_sequence(
                    reduce=make_inception_unit(in_channels, width, 1, **kind),
                    row=make_inception_unit(width, width, **row),
                    column=make_inception_unit(width, w192, **column),
                ),
                "branch7x7_twice": make_sequence(
                    reduce=make_inception_unit(in_channels, width, 1, **kind),
                    column1=make_inception_unit(width, width, **column),
                    row1=make_inception_unit(width, width, **row),
                    column2=make_inception_unit(width, width, **column),
                    row2=make_inception_unit(width, w192, **row),
                ),
                "branch_pool": make_pool_branch(in_channels, w192, "average", **kind),
            }
        )
        self.out_channels = 4 * w192


class ReductionB(Branches):
    """Halves the map: a 3x3, a 7x7 as two lines before a 3x3, and a pooling, each with stride 2.

    (N, in_channels, H, W) to (N, in_channels + 512, (H - 1) / 2, (W - 1) / 2) at a multiplier of 1.
    """

    def __init__(self, *, in_channels: int, width_multiplier: float, pooling: str, **kind: Any) -> None:
        w192, w320 = (scaled(width, width_multiplier) for width in (192, 320))
        super().__init__(
            {
                "branch3x3": make_sequence(
                    reduce=make_inception_unit(in_channels, w192, 1, **kind),
                    conv=make_inception_unit(w192, w320, 3, stride=2, **kind),
                ),
                "branch7x7": make_sequence(
                    reduce=make_inception_unit(in_channels, w192, 1, **kind),
                    row=make_inception_unit(w192, w192, (1, 7), padding=(0, 3), **kind),
                    column=make_inception_unit(w192, w192, (7, 1), padding=(3, 0), **kind),
                    conv=make_inception_unit(w192, w192, 3, stride=2, **kind),
                ),
                "branch_pool": make_pool(pooling, kernel_size=3, stride=2),
            }
        )
        self.out_channels = in_channels + w320 + w192


class SplitLines(Branches):
    """A 1x3 and a 3x1 convolution side by side: (N, channels, H, W) to (N, 2 * channels, H, W)."""

    def __init__(self, channels: int, **kind: Any) -> None:
        row = make_inception_unit(channels, channels, (1, 3), padding=(0, 1), **kind)
        column = make_inception_unit(channels, channels, (3, 1), padding=(1, 0), **kind)
        super().__init__({"row": row, "column": column})


class ModuleC(Branches):
    """Four branches: a 1x1, two that end in lines side by side, to make many features of a small map, and an average.

    (N, in_channels, H, W) to (N, 2048, H, W) at a multiplier of 1. Figure 7.
    """

    def __init__(self, *, in_channels: int, width_multiplier: float, **kind: Any) -> None:
        w192, w320, w384, w448 = (scaled(width, width_multiplier) for width in (192, 320, 384, 448))
        super().__init__(
            {
                "branch1x1": make_inception_unit(in_channels, w320, 1, **kind),
                "branch3x3": make_sequence(
                    reduce=make_inception_unit(in_channels, w384, 1, **kind), lines=SplitLines(w384, **kind)
                ),
                "branch3x3_twice": make_sequence(
                    reduce=make_inception_unit(in_channels, w448, 1, **kind),
                    conv=make_inception_unit(w448, w384, 3, padding=1, **kind),
                    lines=SplitLines(w384, **kind),
                ),
                "branch_pool": make_pool_branch(in_channels, w192, "average", **kind),
            }
        )
        self.out_channels = w320 + 4 * w384 + w192


class AuxiliaryClassifier(nn.Sequential):
    """A classifier of maps halfway: (N, in_channels, H, W) to (N, num_classes), for maps of 17x17 or more. Figure 8."""

    def __init__(self, *, in_channels: int, width_multiplier: float, num_classes: int, **after: Any) -> None:
        w128, w768 = (scaled(width, width_multiplier) for width in (128, 768))
        super().__init__(
            OrderedDict(
                pool=make_pool("average", kernel_size=5, stride=3),
                reduce=make_inception_unit(in_channels, w128, 1, **after),
                conv=make_inception_unit(w128, w768, 5, **after),
                mean=nn.AdaptiveAvgPool2d(1),
                flatten=nn.Flatten(),
                output=nn.Linear(w768, num_classes),
            )
        )


def make_stem(stem: str, in_channels: int, *, width_multiplier: float, pooling: str, **kind: Any) -> nn.Sequential:
    """Five convolutions: (N, in_channels, H, W) to (N, 192, H', W') at a multiplier of 1.

    "imagenet" makes 35x35 of 299x299; "cifar" pads everything and only pools once, at the end.
    """
    w32, w64, w80, w192 = (scaled(width, width_multiplier) for width in (32, 64, 80, 192))
    stride, same = (2, 0) if stem == "imagenet" else (1, 1)
    first = {**kind, "convolution": "standard"}
    layers = make_sequence(
        conv1=make_inception_unit(in_channels, w32, 3, stride=stride, padding=same, **first),
        conv2=make_inception_unit(w32, w32, 3, padding=same, **kind),
        conv3=make_inception_unit(w32, w64, 3, padding=1, **kind),
    )
    if stem == "imagenet":
        layers.add_module("pool1", make_pool(pooling, kernel_size=3, stride=2))
    layers.add_module("reduce", make_inception_unit(w64, w80, 1, **kind))
    layers.add_module("conv4", make_inception_unit(w80, w192, 3, padding=same, **kind))
    layers.add_module("pool2", make_pool(pooling, kernel_size=3, stride=2, padding=same))
    return layers


def add_modules(
    stage: nn.Sequential, makers: Sequence[Callable[..., nn.Module]], channels: int, shortcut: str, **shared: Any
) -> int:
    """Adds the modules to a stage whose last map has `channels`; the channels of the map after them."""
    for i, make in enumerate(makers, start=1):
        module: Any = make(in_channels=channels, **shared)
        stage.add_module(f"module{i}", add_shortcut(module, shortcut, channels, module.out_channels, margin=0))
        channels = module.out_channels
    return channels


class InceptionV3(nn.Module):
    """A stem, modules A, a reduction, modules B, a reduction, modules C, and a dense head on the mean of each map.

    (N, in_channels, H, W) to (N, num_classes); with `aux`, in train mode, to a tuple of two such, the main head's
    first. The auxiliary head is behind the modules B. Table 1.
    """

    def __init__(
        self,
        *,
        a_pool_widths: tuple[int, ...],
        b_widths: tuple[int, ...],
        num_c: int,
        width_multiplier: float,
        stem: str,
        aux: bool,
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
        after: dict[str, Any] = {"width_multiplier": width_multiplier, "activation": activation, "norm": norm}
        shared: dict[str, Any] = {"convolution": convolution, "groups": groups, **after}
        self.stem = make_stem(stem, in_channels, pooling=pooling, **shared)

        channels = scaled(192, width_multiplier)
        stage_a = nn.Sequential()
        modules_a = [partial(ModuleA, pool_width=scaled(width, width_multiplier)) for width in a_pool_widths]
        channels = add_modules(stage_a, modules_a, channels, shortcut, **shared)
        reduction_a = ReductionA(in_channels=channels, pooling=pooling, **shared)
        stage_b = make_sequence(reduction=reduction_a)
        modules_b = [partial(ModuleB, width=scaled(width, width_multiplier)) for width in b_widths]
        channels = add_modules(stage_b, modules_b, reduction_a.out_channels, shortcut, **shared)
        self.auxiliary = None
        if aux:
            self.auxiliary = AuxiliaryClassifier(in_channels=channels, num_classes=num_classes, **after)
        reduction_b = ReductionB(in_channels=channels, pooling=pooling, **shared)
        stage_c = make_sequence(reduction=reduction_b)
        channels = add_modules(stage_c, [ModuleC] * num_c, reduction_b.out_channels, shortcut, **shared)
        self.stages = nn.Sequential(stage_a, stage_b, stage_c)
        self.head = make_head(channels, num_classes, dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        halfway = self.stages[:2](self.stem(x))
        logits = self.head(self.stages[2](halfway))
        if self.training and self.auxiliary is not None:
            return logits, self.auxiliary(halfway)
        return logits


class InceptionV3Spec(TweakableSpec):
    """An Inception v3. The two lists have one entry per module A and per module B."""

    noun: ClassVar[str] = "Inception v3"

    a_pool_widths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=1024)], ...],
        Field(
            min_length=1,
            max_length=12,
            title="Modules A",
            description="One entry for each module with a 5×5 branch and a double 3×3 branch: the channels of its"
            " pooling branch.",
        ),
        Knob(group="Shape", soft=(8, 128), per="modules A", element="Module A {}: pooling branch"),
    ] = (32, 64, 64)
    b_widths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=1024)], ...],
        Field(
            min_length=1,
            max_length=12,
            title="Modules B",
            description="One entry for each module with factorised 7×7 branches: the channels between the 1×7 and the"
            " 7×1 convolutions.",
        ),
        Knob(group="Shape", soft=(8, 256), per="modules B", element="Module B {}: between 1×7 and 7×1"),
    ] = (128, 160, 160, 192)
    num_c: Annotated[
        int,
        Field(
            ge=0,
            le=12,
            title="Modules C",
            description="The number of modules at the end with a 1×3 and a 3×1 convolution in parallel.",
        ),
        Knob(group="Shape", soft=(0, 6)),
    ] = 2
    width_multiplier: Annotated[
        float,
        Field(
            ge=0.05,
            le=4,
            title="Width multiplier",
            description="A factor for all widths, which are then rounded; the input of the last dense layer changes"
            " with them.",
        ),
        Knob(group="Shape", soft=(0.1, 2), step=0.025),
    ] = 1.0
    stem: Annotated[
        Literal["imagenet", "cifar"],
        Field(
            title="Stem",
            description="ImageNet: a stride and two poolings reduce height and width to an eighth. CIFAR: one pooling"
            " halves them.",
        ),
        Knob(group="Layer types", names={"imagenet": "ImageNet", "cifar": "CIFAR"}),
    ] = "imagenet"
    aux: Auxiliary = False
    norm: Norm = "batch"
    dropout: Dropout = 0.5
    image_size: ImageSize = 299

    def setting_of(self, layer: str) -> tuple[str, int | None]:
        return ("aux", None) if layer.startswith("auxiliary.") else super().setting_of(layer)


PRESETS = {
    "inception_v3": InceptionV3Spec(aux=True),
    "inception_v3_mnist": InceptionV3Spec(
        stem="cifar", width_multiplier=0.125, dropout=0.2, in_channels=1, image_size=28, num_classes=10
    ),
}

PUBLISHED = {"inception_v3": trained_weights(77.294, 93.45)}

INCEPTION_V3 = Family(
    name="inception_v3",
    title="Inception v3",
    paper=Paper(
        authors="Szegedy, Vanhoucke, Ioffe, Shlens, Wojna",
        title="Rethinking the Inception architecture for computer vision",
        year=2015,
        link="https://arxiv.org/abs/1512.00567",
    ),
    idea="Large kernels are factorised into smaller ones and into asymmetric ones, a 7×7 into a 1×7 and a 7×1, at a"
    " lower cost.",
    introduced="Factorised convolutions, reductions in parallel branches, label smoothing, an auxiliary head with batch"
    " normalisation.",
    spec=InceptionV3Spec,
    network=InceptionV3,
    presets=PRESETS,
    small="inception_v3_mnist",
    published=PUBLISHED,
    auxiliary_weight=0.4,
)
