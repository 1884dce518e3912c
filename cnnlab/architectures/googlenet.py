"""GoogLeNet. Szegedy and others: "Going deeper with convolutions", 2014 (CVPR 2015). Also called Inception v1.

What differs from the paper: in `googlenet` the poolings round up, so that the maps have the paper's sizes, and the
auxiliary heads average their map to 4x4, which is the paper's at 224 pixels only; the constants of the response
normalisation are AlexNet's, as the paper gives none. Table 1 is not always what its widths make: see the tests.
`googlenet_torchvision` has 3x3 windows in the third branch, a 2x2 last pooling and batch normalisation.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import nn

from cnnlab.architectures.base import (
    MNIST,
    Auxiliary,
    Dropout,
    Family,
    Paper,
    Published,
    Stem,
    TweakableSpec,
    trained_weights,
)
from cnnlab.architectures.layers import (
    Branches,
    add_shortcut,
    make_activation,
    make_head,
    make_pool,
    make_response_norm,
    make_sequence,
    make_unit,
)
from cnnlab.architectures.widths import width_problems
from cnnlab.spec import Knob, Problem

MODULE_LISTS = ("branch1x1", "branch3x3_reduce", "branch3x3", "branch5x5_reduce", "branch5x5", "branch_pool")
"""The fields with the widths of each module, as the columns of table 1."""

ModuleWidths = Annotated[tuple[Annotated[int, Field(ge=1, le=4096)], ...], Field(min_length=1, max_length=24)]
"""A width for each module."""


def scaled(width: int, multiplier: float) -> int:
    """The width times the multiplier, rounded, at least 1."""
    return max(1, round(width * multiplier))


def make_inception_unit(
    in_channels: int, out_channels: int, kernel_size: int | tuple[int, int], **kind: Any
) -> nn.Sequential:
    """`make_unit` as in this family: 1x1 convolutions are standard ones, normalisation adds 0.001 to a variance."""
    if kernel_size == 1:
        kind["convolution"] = "standard"
    return make_unit(in_channels, out_channels, kernel_size, norm_eps=1e-3, **kind)


def make_pool_branch(in_channels: int, out_channels: int, pooling: str, **kind: Any) -> nn.Sequential:
    """A pooling that keeps the map, then a 1x1 convolution: (N, in_channels, H, W) to (N, out_channels, H, W)."""
    return make_sequence(
        pool=make_pool(pooling, kernel_size=3, stride=1, padding=1),
        project=make_inception_unit(in_channels, out_channels, 1, **kind),
    )


class InceptionModule(Branches):
    """Four parallel branches, concatenated along the channels: a 1x1, a 3x3, a larger kernel, and a pooling.

    (N, in_channels, H, W) to (N, branch1x1 + branch3x3 + branch5x5 + branch_pool, H, W). Figure 2b.
    `kind` are the arguments of `make_unit` for its convolutions: `convolution`, `groups`, `activation` and `norm`.
    """

    def __init__(
        self,
        *,
        in_channels: int,
        branch1x1: int,
        branch3x3_reduce: int,
        branch3x3: int,
        branch5x5_reduce: int,
        branch5x5: int,
        branch_pool: int,
        large_kernel: int,
        pooling: str,
        **kind: Any,
    ) -> None:
        super().__init__(
            {
                "branch1x1": make_inception_unit(in_channels, branch1x1, 1, **kind),
                "branch3x3": make_sequence(
                    reduce=make_inception_unit(in_channels, branch3x3_reduce, 1, **kind),
                    conv=make_inception_unit(branch3x3_reduce, branch3x3, 3, padding=1, **kind),
                ),
                "branch5x5": make_sequence(
                    reduce=make_inception_unit(in_channels, branch5x5_reduce, 1, **kind),
                    conv=make_inception_unit(
                        branch5x5_reduce, branch5x5, large_kernel, padding=large_kernel // 2, **kind
                    ),
                ),
                "branch_pool": make_pool_branch(in_channels, branch_pool, pooling, **kind),
            }
        )
        self.out_channels = branch1x1 + branch3x3 + branch5x5 + branch_pool


class AuxiliaryHead(nn.Sequential):
    """A classifier of maps halfway: (N, in_channels, H, W) to (N, num_classes). Section 5, which drops 70 %."""

    def __init__(
        self, *, in_channels: int, width: int, dense_width: int, activation: str, norm: str, num_classes: int
    ) -> None:
        super().__init__(
            OrderedDict(
                pool=nn.AdaptiveAvgPool2d(4),
                reduce=make_inception_unit(in_channels, width, 1, activation=activation, norm=norm),
                flatten=nn.Flatten(),
                dense=nn.Linear(16 * width, dense_width),
                activation=make_activation(activation),
                dropout=nn.Dropout(0.7),
                output=nn.Linear(dense_width, num_classes),
            )
        )


class GoogLeNet(nn.Module):
    """A stem, inception modules with poolings in between, and a dense head on the mean of each map.

    (N, in_channels, H, W) to (N, num_classes); with `aux`, in train mode, to a tuple of such, the main head's first.
    A pooling, and with it a stage, begins before each module whose stride is not 1. The auxiliary heads are after a
    third and two thirds of the modules. Table 1.
    """

    def __init__(
        self,
        *,
        branch1x1: tuple[int, ...],
        branch3x3_reduce: tuple[int, ...],
        branch3x3: tuple[int, ...],
        branch5x5_reduce: tuple[int, ...],
        branch5x5: tuple[int, ...],
        branch_pool: tuple[int, ...],
        strides: tuple[int, ...],
        large_kernel: str,
        stem: str,
        stem_widths: tuple[int, ...],
        last_pool_size: int,
        width_multiplier: float,
        response_norm: bool,
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
        after: dict[str, Any] = {"activation": activation, "norm": norm}
        kind: dict[str, Any] = {"convolution": convolution, "groups": groups, **after}
        first, reduced, channels = (scaled(width, width_multiplier) for width in stem_widths)
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        if stem == "imagenet":
            layers["conv1"] = make_inception_unit(in_channels, first, 7, stride=2, padding=3, **after)
            layers["pool"] = make_pool(pooling, kernel_size=3, stride=2, ceil_mode=True)
        else:
            layers["conv1"] = make_inception_unit(in_channels, first, 3, padding=1, **after)
        if response_norm:
            layers["response_norm1"] = make_response_norm()
        layers["reduce"] = make_inception_unit(first, reduced, 1, **after)
        layers["conv2"] = make_inception_unit(reduced, channels, 3, padding=1, **kind)
        if response_norm:
            layers["response_norm2"] = make_response_norm()
        self.stem = nn.Sequential(layers)

        modules = len(strides)
        aux_after = {max(1, modules // 3), max(1, 2 * modules // 3)} if aux else set()
        last_pool = max((i for i, stride in enumerate(strides) if stride > 1), default=None)
        self.stages = nn.Sequential()
        self.auxiliary = nn.ModuleDict()
        columns = (branch1x1, branch3x3_reduce, branch3x3, branch5x5_reduce, branch5x5, branch_pool)
        for i, (stride, *row) in enumerate(zip(strides, *columns, strict=True)):
            if i == 0 or stride > 1:
                self.stages.append(nn.Sequential())
            stage = self.stages[-1]
            if stride > 1:
                size = last_pool_size if i == last_pool else 3
                stage.add_module("pool", make_pool(pooling, kernel_size=size, stride=stride, ceil_mode=True))
            widths = dict(zip(MODULE_LISTS, (scaled(width, width_multiplier) for width in row), strict=True))
            module = InceptionModule(
                in_channels=channels, large_kernel=int(large_kernel[0]), pooling=pooling, **widths, **kind
            )
            added = add_shortcut(module, shortcut, channels, module.out_channels, margin=0)
            stage.add_module(f"module{i + 1}", added)
            channels = module.out_channels
            if i + 1 in aux_after:
                self.auxiliary[f"module{i + 1}"] = AuxiliaryHead(
                    in_channels=channels,
                    width=scaled(128, width_multiplier),
                    dense_width=scaled(1024, width_multiplier),
                    num_classes=num_classes,
                    **after,
                )

        self.head = make_head(channels, num_classes, dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        x = self.stem(x)
        halfway: list[torch.Tensor] = []
        for stage in self.stages:
            for name, layer in stage.named_children():
                x = layer(x)
                if self.training and name in self.auxiliary:
                    halfway.append(self.auxiliary[name](x))
        logits = self.head(x)
        return (logits, *halfway) if halfway else logits


class GoogLeNetSpec(TweakableSpec):
    """A GoogLeNet. One entry of `strides` and of each branch's list per module."""

    noun: ClassVar[str] = "GoogLeNet"

    strides: Annotated[
        tuple[Annotated[int, Field(ge=1, le=4)], ...],
        Field(
            min_length=1,
            max_length=24,
            title="Strides",
            description="Stride of the pooling before each module; with 1 there is no pooling. Each pooling begins a"
            " stage.",
        ),
        Knob(group="Shape", soft=(1, 2), per="modules", element="Module {}: stride before"),
    ] = (2, 1, 2, 1, 1, 1, 1, 2, 1)
    branch1x1: Annotated[
        ModuleWidths,
        Field(title="Branch of 1×1", description="Output channels of the 1×1 branch."),
        Knob(group="Shape", soft=(1, 512), per="modules", element="Module {}: 1×1"),
    ] = (64, 128, 192, 160, 128, 112, 256, 256, 384)
    branch3x3_reduce: Annotated[
        ModuleWidths,
        Field(
            title="Reduction before 3×3",
            description="Channels to which a 1×1 convolution reduces the input of the 3×3 convolution.",
        ),
        Knob(group="Shape", soft=(1, 512), per="modules", element="Module {}: before 3×3"),
    ] = (96, 128, 96, 112, 128, 144, 160, 160, 192)
    branch3x3: Annotated[
        ModuleWidths,
        Field(title="Branch of 3×3", description="Output channels of the 3×3 branch."),
        Knob(group="Shape", soft=(1, 512), per="modules", element="Module {}: 3×3"),
    ] = (128, 192, 208, 224, 256, 288, 320, 320, 384)
    branch5x5_reduce: Annotated[
        ModuleWidths,
        Field(
            title="Reduction before 5×5",
            description="Channels to which a 1×1 convolution reduces the input of the 5×5 convolution.",
        ),
        Knob(group="Shape", soft=(1, 128), per="modules", element="Module {}: before 5×5"),
    ] = (16, 32, 16, 24, 24, 32, 32, 32, 48)
    branch5x5: Annotated[
        ModuleWidths,
        Field(title="Branch of 5×5", description="Output channels of the 5×5 branch."),
        Knob(group="Shape", soft=(1, 256), per="modules", element="Module {}: 5×5"),
    ] = (32, 96, 48, 64, 64, 64, 128, 128, 128)
    branch_pool: Annotated[
        ModuleWidths,
        Field(title="Pooling branch", description="Output channels of the 1×1 convolution after the pooling."),
        Knob(group="Shape", soft=(1, 256), per="modules", element="Module {}: pooling"),
    ] = (32, 64, 64, 64, 64, 64, 128, 128, 128)
    stem_widths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=4096)], ...],
        Field(
            min_length=3,
            max_length=3,
            title="Channels of the stem",
            description="Output channels of the three convolutions before the first module.",
        ),
        Knob(group="Shape", soft=(1, 256), per="stem convolutions", element="Channels of stem convolution {}"),
    ] = (64, 64, 192)
    width_multiplier: Annotated[
        float,
        Field(
            ge=0.05,
            le=4,
            title="Width multiplier",
            description="A factor for all widths, which are then rounded; the input of the last dense layer changes"
            " with them.",
        ),
        Knob(group="Shape", soft=(0.25, 2), step=0.05),
    ] = 1.0
    last_pool_size: Annotated[
        int,
        Field(
            ge=2,
            le=7,
            title="Kernel size of the last pooling",
            description="Height and width of the window of the last pooling.",
        ),
        Knob(group="Shape", soft=(2, 5)),
    ] = 3
    large_kernel: Annotated[
        Literal["3x3", "5x5", "7x7"],
        Field(
            title="Kernel size of the 5×5 branch",
            description="The kernel of the third branch: 5×5 in the paper, 3×3 in torchvision.",
        ),
        Knob(group="Layer types", names={"3x3": "3×3", "5x5": "5×5", "7x7": "7×7"}),
    ] = "5x5"
    stem: Stem = "imagenet"
    response_norm: Annotated[
        bool,
        Field(
            title="Response normalisation",
            description="Whether the stem has local response normalisation across channels.",
        ),
        Knob(group="Layer types"),
    ] = True
    aux: Auxiliary = False
    dropout: Dropout = 0.4

    def relations(self) -> Iterator[Problem]:
        yield from width_problems(self, "width_multiplier", GoogLeNetSpec._widest)

    def _widest(self) -> list[int]:
        widest = max(map(sum, zip(self.branch1x1, self.branch3x3, self.branch5x5, self.branch_pool, strict=True)))
        return [round(max(widest, *self.stem_widths) * self.width_multiplier)]

    def setting_of(self, layer: str) -> tuple[str, int | None]:
        pool = re.match(r"stages\.(\d+)\.pool", layer)
        if pool is None:
            return super().setting_of(layer)
        starts = [i for i, stride in enumerate(self.strides) if i == 0 or stride > 1]
        return "strides", starts[int(pool[1])]


PRESETS = {
    "googlenet": GoogLeNetSpec(),
    "googlenet_torchvision": GoogLeNetSpec(
        large_kernel="3x3", last_pool_size=2, response_norm=False, norm="batch", dropout=0.2
    ),
    "googlenet_mnist": GoogLeNetSpec(
        stem="cifar", width_multiplier=0.25, response_norm=False, norm="batch", dropout=0.2, **MNIST
    ),
}

PUBLISHED = {
    "googlenet": Published(
        dataset="ImageNet", top5=89.93, source="Szegedy et al. 2014, table 3, one network, one crop"
    ),
    "googlenet_torchvision": trained_weights(69.778, 89.53),
}

GOOGLENET = Family(
    name="googlenet",
    title="GoogLeNet",
    paper=Paper(
        authors="Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke, Rabinovich",
        title="Going deeper with convolutions",
        year=2014,
        link="https://arxiv.org/abs/1409.4842",
    ),
    idea="Each module applies kernels of several sizes in parallel; 1×1 convolutions before them keep the cost low.",
    introduced="Modules of parallel branches, 1×1 reductions, global pooling instead of dense layers, auxiliary heads.",
    spec=GoogLeNetSpec,
    network=GoogLeNet,
    presets=PRESETS,
    small="googlenet_mnist",
    published=PUBLISHED,
    auxiliary_weight=0.3,
)
