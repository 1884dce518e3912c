"""AlexNet. Krizhevsky, Sutskever, Hinton: "ImageNet classification with deep convolutional neural networks", 2012.

What differs from the paper: `alexnet` is the one-column form of "One weird trick for parallelizing convolutional neural
networks" (Krizhevsky 2014), with torchvision's widths and no normalisation. `alexnet_2012` has the paper's two columns
as groups of two in convolutions 2, 4 and 5, and its response normalisation; the paper prints images of 224 pixels, and
its 55x55 maps need 227 without padding, as here.
"""

import re
from collections import OrderedDict
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import nn

from cnnlab.architectures.base import (
    MAX_CHANNELS,
    MNIST,
    Dropout,
    Family,
    FirstPadding,
    Paper,
    Published,
    TweakableSpec,
    trained_weights,
)
from cnnlab.architectures.layers import (
    add_shortcut,
    make_activation,
    make_convolution,
    make_norm,
    make_pool,
    make_response_norm,
)
from cnnlab.spec import Knob


class AlexNet(nn.Module):
    """Five convolutions, of which the first, second and fifth are pooled, then three dense layers.

    (N, in_channels, H, W) to (N, num_classes). Figure 2. The first convolution is always standard, and the third is
    never grouped: there the paper's two columns meet.
    """

    def __init__(
        self,
        *,
        channels: tuple[int, ...],
        kernel_sizes: tuple[int, ...],
        stride: int,
        padding: int,
        response_norm: bool,
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
        features: OrderedDict[str, nn.Module] = OrderedDict()
        for i, (out_channels, kernel_size) in enumerate(zip(channels, kernel_sizes, strict=True), start=1):
            if i == 1:
                convolve: nn.Module = nn.Conv2d(in_channels, out_channels, kernel_size, stride=stride, padding=padding)
            else:
                same = kernel_size // 2
                kind = "standard" if i == 3 and convolution == "grouped" else convolution
                convolve = make_convolution(kind, in_channels, out_channels, kernel_size, padding=same, groups=groups)
                margin = 2 * same - (kernel_size - 1)
                convolve = add_shortcut(convolve, shortcut, in_channels, out_channels, margin)
            features[f"conv{i}"] = convolve
            if norm != "none":
                features[f"norm{i}"] = make_norm(norm, out_channels)
            features[f"activation{i}"] = make_activation(activation)
            if i <= 2 and response_norm:
                features[f"response_norm{i}"] = make_response_norm()
            if i in (1, 2, 5):
                features[f"pool{i}"] = make_pool(pooling, kernel_size=3, stride=2)
            in_channels = out_channels
        self.features = nn.Sequential(features)

        head: OrderedDict[str, nn.Module] = OrderedDict(pool=nn.AdaptiveAvgPool2d(head_size), flatten=nn.Flatten())
        in_features = in_channels * head_size**2
        for i in (1, 2):
            if dropout > 0:
                head[f"dropout{i}"] = nn.Dropout(dropout)
            head[f"dense{i}"] = nn.Linear(in_features, dense_width)
            head[f"activation{i}"] = make_activation(activation)
            in_features = dense_width
        head["output"] = nn.Linear(in_features, num_classes)
        self.head = nn.Sequential(head)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x))


class AlexNetSpec(TweakableSpec):
    """An AlexNet. One entry of each list per convolution."""

    noun: ClassVar[str] = "AlexNet"

    channels: Annotated[
        tuple[Annotated[int, Field(ge=1, le=2048)], ...],
        Field(min_length=5, max_length=5, title="Channels", description="Output channels of each convolution."),
        Knob(group="Shape", soft=(8, 512), step=8, per="convolutions", element="Channels of convolution {}"),
    ] = (64, 192, 384, 256, 256)
    kernel_sizes: Annotated[
        tuple[Annotated[int, Field(ge=1, le=31)], ...],
        Field(
            min_length=5,
            max_length=5,
            title="Kernel sizes",
            description="Height and width of the kernel of each convolution. From the second convolution on, an odd"
            " kernel keeps the size of the feature map.",
        ),
        Knob(group="Shape", soft=(1, 11), per="convolutions", element="Kernel of convolution {}"),
    ] = (11, 5, 3, 3, 3)
    stride: Annotated[
        int,
        Field(ge=1, le=8, title="Stride of the first convolution", description="Stride of the first convolution."),
        Knob(group="Shape", soft=(1, 4)),
    ] = 4
    padding: FirstPadding = 2
    head_size: Annotated[
        int,
        Field(
            ge=1,
            le=16,
            title="Feature map before the dense layers",
            description="Height and width to which adaptive average pooling brings the last feature map before it is"
            " flattened; 1 is global average pooling.",
        ),
        Knob(group="Shape", soft=(1, 8)),
    ] = 6
    dense_width: Annotated[
        int,
        Field(ge=1, le=MAX_CHANNELS, title="Dense width", description="Output features of both hidden dense layers."),
        Knob(group="Shape", soft=(64, 4096), step=64),
    ] = 4096
    response_norm: Annotated[
        bool,
        Field(
            title="Response normalisation",
            description="Whether local response normalisation across channels follows the first two convolutions.",
        ),
        Knob(group="Layer types"),
    ] = False
    dropout: Dropout = 0.5

    def setting_of(self, layer: str) -> tuple[str, int | None]:
        convolution = re.match(r"features\.conv(\d)", layer)
        return ("kernel_sizes", int(convolution[1]) - 1) if convolution else super().setting_of(layer)


PRESETS = {
    "alexnet": AlexNetSpec(),
    "alexnet_2012": AlexNetSpec(
        channels=(96, 256, 384, 384, 256), padding=0, response_norm=True, convolution="grouped", image_size=227
    ),
    "alexnet_mnist": AlexNetSpec(
        channels=(32, 64, 96, 96, 64), kernel_sizes=(5, 5, 3, 3, 3), stride=1, head_size=2, dense_width=256, **MNIST
    ),
}

PUBLISHED = {
    "alexnet": trained_weights(56.522, 79.066),
    "alexnet_2012": Published(
        dataset="ImageNet", top1=59.3, top5=81.8, source="Krizhevsky et al. 2012, table 2, one network"
    ),
}

ALEXNET = Family(
    name="alexnet",
    title="AlexNet",
    paper=Paper(
        authors="Krizhevsky, Sutskever, Hinton",
        title="ImageNet classification with deep convolutional neural networks",
        year=2012,
        link="https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks",
    ),
    idea="Five large convolutions with ReLU, and dropout between dense layers, trained on GPUs with a million images.",
    introduced="ReLU instead of tanh, dropout, two GPUs, local response normalisation; it won ImageNet 2012 by a wide"
    " margin.",
    spec=AlexNetSpec,
    network=AlexNet,
    presets=PRESETS,
    small="alexnet_mnist",
    published=PUBLISHED,
)
