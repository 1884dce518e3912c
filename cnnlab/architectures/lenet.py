"""LeNet-5. LeCun, Bottou, Bengio, Haffner: "Gradient-based learning applied to document recognition", 1998.

What differs from the paper: its subsampling has a learned scale and shift, its second convolution uses only some of
the maps (table I), and its last layer compares with fixed patterns by radial basis functions; here, as in every course
today, these are plain pooling, a full convolution and a dense layer. The paper's C5 is a convolution over a 5x5 map,
which is a dense layer of 120: `lenet5_rgb` writes it as the convolution, the other presets as the dense layer.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import nn

from cnnlab.architectures.base import (
    Family,
    FirstPadding,
    ImageSize,
    InChannels,
    NumClasses,
    Paper,
    Published,
    TweakableSpec,
)
from cnnlab.architectures.layers import add_shortcut, make_activation, make_convolution, make_norm, make_pool
from cnnlab.spec import Knob, Problem, set_to
from cnnlab.words.sentence import Sentence


class LeNet(nn.Module):
    """Convolutions with pooling, then dense layers: (N, in_channels, image_size, image_size) to (N, num_classes)."""

    def __init__(
        self,
        *,
        channels: tuple[int, ...],
        kernel_sizes: tuple[int, ...],
        padding: int,
        num_pools: int,
        dense_widths: tuple[int, ...],
        activation: str,
        pooling: str,
        norm: str,
        convolution: str,
        groups: int,
        shortcut: str,
        dropout: float,
        in_channels: int,
        image_size: int,
        num_classes: int,
    ) -> None:
        super().__init__()
        features: OrderedDict[str, nn.Module] = OrderedDict()
        side = image_size
        for i, (out_channels, kernel_size) in enumerate(zip(channels, kernel_sizes, strict=True), start=1):
            margin = 2 * (padding if i == 1 else 0) - (kernel_size - 1)
            convolve = make_convolution(
                "standard" if i == 1 else convolution,
                in_channels,
                out_channels,
                kernel_size,
                padding=padding if i == 1 else 0,
                groups=groups,
            )
            side += margin
            features[f"conv{i}"] = add_shortcut(convolve, shortcut, in_channels, out_channels, margin)
            if norm != "none":
                features[f"norm{i}"] = make_norm(norm, out_channels)
            features[f"activation{i}"] = make_activation(activation)
            if i <= num_pools:
                features[f"pool{i}"] = make_pool(pooling, kernel_size=2, stride=2)
                side //= 2
            in_channels = out_channels
        self.features = nn.Sequential(features)

        classifier: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
        in_features = in_channels * max(side, 1) ** 2
        for i, width in enumerate(dense_widths, start=1):
            classifier[f"dense{i}"] = nn.Linear(in_features, width)
            classifier[f"activation{i}"] = make_activation(activation)
            if dropout > 0:
                classifier[f"dropout{i}"] = nn.Dropout(dropout)
            in_features = width
        classifier["output"] = nn.Linear(in_features, num_classes)
        self.classifier = nn.Sequential(classifier)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(x))


class LeNetSpec(TweakableSpec):
    """A LeNet. One list entry per convolution, or per hidden dense layer."""

    noun: ClassVar[str] = "LeNet"

    channels: Annotated[
        tuple[Annotated[int, Field(ge=1, le=1024)], ...],
        Field(min_length=1, max_length=6, title="Channels", description="Output channels of each convolution."),
        Knob(group="Shape", soft=(1, 128), per="convolutions", element="Channels of convolution {}"),
    ] = (6, 16)
    kernel_sizes: Annotated[
        tuple[Annotated[int, Field(ge=1, le=31)], ...],
        Field(
            min_length=1,
            max_length=6,
            title="Kernel sizes",
            description="Height and width of the kernel of each convolution.",
        ),
        Knob(group="Shape", soft=(1, 11), per="convolutions", element="Kernel of convolution {}"),
    ] = (5, 5)
    padding: FirstPadding = 0
    num_pools: Annotated[
        int,
        Field(
            ge=0,
            le=6,
            title="Pooling layers",
            description="After how many of the convolutions a 2×2 pooling halves the feature map.",
        ),
        Knob(group="Shape", soft=(0, 6)),
    ] = 2
    dense_widths: Annotated[
        tuple[Annotated[int, Field(ge=1, le=4096)], ...],
        Field(max_length=5, title="Dense widths", description="Output features of each hidden dense layer."),
        Knob(group="Shape", soft=(1, 512), per="hidden dense layers", element="Width of dense layer {}"),
    ] = (120, 84)
    in_channels: InChannels = 1
    image_size: ImageSize = 32
    num_classes: NumClasses = 10

    def relations(self) -> Iterator[Problem]:
        convolutions = len(self.channels)
        if self.num_pools > convolutions:
            sentence = Sentence(
                "`num_pools` must be at most the number of convolutions, and it is {value} with {limit}: use {limit} or"
                " less, or add a convolution.",
                value=self.num_pools,
                limit=convolutions,
            )
            yield Problem("num_pools", sentence, remedies=(set_to("num_pools", convolutions),))

    def setting_of(self, layer: str) -> tuple[str, int | None]:
        kind, number = re.findall(r"features\.(conv|pool)(\d)", layer)[0]
        return ("kernel_sizes", int(number) - 1) if kind == "conv" else ("num_pools", None)


PRESETS = {
    "lenet5_d2l": LeNetSpec(padding=2, activation="sigmoid", pooling="average", image_size=28),
    "lenet5_tutorial": LeNetSpec(),
    "lenet5_rgb": LeNetSpec(channels=(6, 16, 120), kernel_sizes=(5, 5, 5), dense_widths=(64,), in_channels=3),
}

PUBLISHED = {
    "lenet5_d2l": Published(dataset="Fashion-MNIST", top1=77.6, source="Zhang et al., Dive into Deep Learning"),
    "lenet5_tutorial": Published(
        dataset="MNIST", top1=99.05, source="LeCun et al. 1998, section III.B, in its own form"
    ),
}

LENET = Family(
    name="lenet",
    title="LeNet",
    paper=Paper(
        authors="LeCun, Bottou, Bengio, Haffner",
        title="Gradient-based learning applied to document recognition",
        year=1998,
        link="https://doi.org/10.1109/5.726791",
    ),
    idea="Small filters shared across the image, pooling and dense layers, all learned together from the pixels.",
    introduced="Shared weights, subsampling, and gradient descent through the whole network, on handwritten digits.",
    spec=LeNetSpec,
    network=LeNet,
    presets=PRESETS,
    small="lenet5_tutorial",
    published=PUBLISHED,
)
