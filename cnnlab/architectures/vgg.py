"""VGG. Simonyan, Zisserman: "Very deep convolutional networks for large-scale image recognition", 2014 (ICLR 2015).

What differs from the paper: nothing in the networks A, B, C, D and E of its table 1, which are `vgg11`, `vgg13`,
`vgg16_c`, `vgg16` and `vgg19`. The forms with batch normalisation are torchvision's and keep the convolutions' biases,
which normalisation makes needless. The map of an image that is not 224 pixels wide is averaged to 7x7 before the dense
layers, as torchvision does.
"""

import re
from collections import OrderedDict
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import nn

from cnnlab.architectures.base import (
    MAX_CHANNELS,
    MNIST,
    Dropout,
    Family,
    KernelSize,
    Paper,
    Published,
    TweakableSpec,
    trained_weights,
)
from cnnlab.architectures.layers import add_shortcut, make_activation, make_convolution, make_norm, make_pool
from cnnlab.spec import Knob


class VGG(nn.Module):
    """Stages of equal convolutions, each with a pooling that halves the map, then dense layers.

    (N, in_channels, H, W) to (N, num_classes). Table 1.
    """

    def __init__(
        self,
        *,
        depths: tuple[int, ...],
        widths: tuple[int, ...],
        kernel_size: int,
        last_kernel: str,
        head: str,
        head_size: int,
        dense_width: int,
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
        self.stages = nn.Sequential()
        for i, (depth, width) in enumerate(zip(depths, widths, strict=True)):
            stage: OrderedDict[str, nn.Module] = OrderedDict()
            for j in range(1, depth + 1):
                # Network C: the third convolution of the later stages is 1x1.
                kernel = 1 if last_kernel == "1x1" and i >= 2 and j == depth else kernel_size
                same = kernel // 2
                is_first = i == 0 and j == 1
                kind = "standard" if is_first else convolution
                convolve = make_convolution(kind, in_channels, width, kernel, padding=same, groups=groups)
                if not is_first:
                    convolve = add_shortcut(convolve, shortcut, in_channels, width, margin=2 * same - (kernel - 1))
                stage[f"conv{j}"] = convolve
                if norm != "none":
                    stage[f"norm{j}"] = make_norm(norm, width)
                stage[f"activation{j}"] = make_activation(activation)
                in_channels = width
            stage["pool"] = make_pool(pooling, kernel_size=2, stride=2)
            self.stages.append(nn.Sequential(stage))

        head_size = 1 if head == "global_pooling" else head_size
        layers: OrderedDict[str, nn.Module] = OrderedDict(pool=nn.AdaptiveAvgPool2d(head_size), flatten=nn.Flatten())
        in_features = in_channels * head_size**2
        if head == "dense":
            for i in (1, 2):
                layers[f"dense{i}"] = nn.Linear(in_features, dense_width)
                layers[f"activation{i}"] = make_activation(activation)
                if dropout > 0:
                    layers[f"dropout{i}"] = nn.Dropout(dropout)
                in_features = dense_width
        elif dropout > 0:
            layers["dropout"] = nn.Dropout(dropout)
        layers["output"] = nn.Linear(in_features, num_classes)
        self.head = nn.Sequential(layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.stages(x))


class VGGSpec(TweakableSpec):
    """A VGG. One entry of `depths` and `widths` per stage."""

    noun: ClassVar[str] = "VGG"

    depths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=16)], ...],
        Field(
            min_length=1,
            max_length=8,
            title="Convolutions per stage",
            description="The number of convolutions before each pooling.",
        ),
        Knob(group="Shape", soft=(1, 8), per="stages", element="Convolutions in stage {}"),
    ] = (2, 2, 3, 3, 3)
    widths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=4096)], ...],
        Field(
            min_length=1,
            max_length=8,
            title="Channels per stage",
            description="Output channels of the convolutions of each stage.",
        ),
        Knob(group="Shape", soft=(8, 1024), step=8, per="stages", element="Channels of stage {}"),
    ] = (64, 128, 256, 512, 512)
    kernel_size: KernelSize = 3
    last_kernel: Annotated[
        Literal["same", "1x1"],
        Field(
            title="Last convolution of a stage",
            description="From the third stage on, whether the last convolution has the same kernel as the others or a"
            " 1×1 kernel, as in network C of the paper: more depth with the same receptive field.",
        ),
        Knob(group="Layer types", names={"same": "like the others", "1x1": "1×1"}),
    ] = "same"
    head: Annotated[
        Literal["dense", "global_pooling"],
        Field(
            title="Head",
            description="Two hidden dense layers on the flattened feature map, or global average pooling and one dense"
            " layer.",
        ),
        Knob(group="Layer types"),
    ] = "dense"
    head_size: Annotated[
        int,
        Field(
            ge=1,
            le=16,
            title="Feature map before the dense layers",
            description="Height and width to which adaptive average pooling brings the last feature map before it is"
            " flattened.",
        ),
        Knob(group="Shape", soft=(1, 8), only_when={"head": ("dense",)}),
    ] = 7
    dense_width: Annotated[
        int,
        Field(ge=1, le=MAX_CHANNELS, title="Dense width", description="Output features of both hidden dense layers."),
        Knob(group="Shape", soft=(64, 4096), step=64, only_when={"head": ("dense",)}),
    ] = 4096
    dropout: Dropout = 0.5

    def setting_of(self, layer: str) -> tuple[str, int | None]:
        return ("kernel_size" if re.match(r"stages\.\d+\.conv", layer) else "image_size"), None


_DEPTHS = {"vgg11": (1, 1, 2, 2, 2), "vgg13": (2, 2, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}

PRESETS = {
    **{name: VGGSpec(depths=depths) for name, depths in _DEPTHS.items()},
    **{f"{name}_bn": VGGSpec(depths=depths, norm="batch") for name, depths in _DEPTHS.items()},
    "vgg16_c": VGGSpec(last_kernel="1x1"),
    "vgg11_mnist": VGGSpec(
        depths=_DEPTHS["vgg11"][:4], widths=(16, 32, 64, 128), norm="batch", head_size=1, dense_width=128, **MNIST
    ),
}

PUBLISHED = {
    "vgg11": trained_weights(69.02, 88.628),
    "vgg13": trained_weights(69.928, 89.246),
    "vgg16": trained_weights(71.592, 90.382),
    "vgg19": trained_weights(72.376, 90.876),
    "vgg11_bn": trained_weights(70.37, 89.81),
    "vgg13_bn": trained_weights(71.586, 90.374),
    "vgg16_bn": trained_weights(73.36, 91.516),
    "vgg19_bn": trained_weights(74.218, 91.842),
    "vgg16_c": Published(dataset="ImageNet", top1=72.7, top5=91.2, source="Simonyan and Zisserman 2014, table 3, C"),
}

VGG_FAMILY = Family(
    name="vgg",
    title="VGG",
    paper=Paper(
        authors="Simonyan, Zisserman",
        title="Very deep convolutional networks for large-scale image recognition",
        year=2014,
        link="https://arxiv.org/abs/1409.1556",
    ),
    idea="Stacks of 3×3 convolutions have the receptive field of one large kernel, with fewer weights and more"
    " nonlinearities.",
    introduced="Only 3×3 kernels, in stages whose width doubles whenever the feature map halves; up to 19 layers.",
    spec=VGGSpec,
    network=VGG,
    presets=PRESETS,
    small="vgg11_mnist",
    published=PUBLISHED,
)
