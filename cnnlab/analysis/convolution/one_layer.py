"""The cost of one convolution of each kind: standard, grouped and depthwise-separable.

The symbols are those of the depthwise-separable literature: K is the side of the output map, d that of the kernel, C
the input channels, N the output channels, g the groups. Convolutions have no bias here, as none has in front of a
normalisation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd, prod
from typing import Annotated, Any, ClassVar, Literal, get_args

import torch
from pydantic import Field
from torch import nn

from cnnlab.architectures.layers import make_convolution
from cnnlab.spec import Knob, Problem, Spec, alternatives, set_to
from cnnlab.walk import FLOAT_BYTES, Layer, Shape, skeleton, walk
from cnnlab.words.sentence import Sentence

ConvolutionKind = Literal["standard", "grouped", "depthwise_separable"]

KINDS: tuple[ConvolutionKind, ...] = get_args(ConvolutionKind)


class OneLayer(Spec):
    """A convolution and the map that it is given; the groups are those of its grouped kind.

    >>> layer_costs(OneLayer(in_channels=32, out_channels=64, image_size=112))["standard"].macs
    231211008
    """

    noun: ClassVar[str] = "the layer"

    in_channels: Annotated[
        int,
        Field(ge=1, le=2048, title="Input channels C", description="Channels of the input."),
        Knob(group="Channels", soft=(1, 512)),
    ] = 128
    out_channels: Annotated[
        int,
        Field(ge=1, le=2048, title="Output channels N", description="Channels of the output, one per filter."),
        Knob(group="Channels", soft=(1, 512)),
    ] = 128
    groups: Annotated[
        int,
        Field(
            ge=1,
            le=2048,
            title="Groups g",
            description="The number of groups of the grouped kind; each output channel uses only the input channels of"
            " its group.",
        ),
        Knob(group="Channels", soft=(1, 64)),
    ] = 4
    kernel_size: Annotated[
        int,
        Field(ge=1, le=31, title="Kernel size d", description="Height and width of the kernel."),
        Knob(group="Kernel", soft=(1, 11)),
    ] = 3
    stride: Annotated[
        int,
        Field(
            ge=1, le=16, title="Stride", description="Distance between neighbouring positions of the kernel, in pixels."
        ),
        Knob(group="Kernel", soft=(1, 4)),
    ] = 1
    padding: Annotated[
        int,
        Field(ge=0, le=31, title="Padding", description="Zeros added on each side of the feature map."),
        Knob(group="Kernel", soft=(0, 5)),
    ] = 1
    dilation: Annotated[
        int,
        Field(ge=1, le=16, title="Dilation", description="Distance between the inputs of the kernel, in pixels."),
        Knob(group="Kernel", soft=(1, 4)),
    ] = 1
    image_size: Annotated[
        int,
        Field(ge=1, le=512, title="Feature map size", description="Height and width of the input, in pixels."),
        Knob(group="Input", soft=(7, 224)),
    ] = 56

    @property
    def span(self) -> int:
        """How many pixels the window covers, with the gaps of its dilation."""
        return self.dilation * (self.kernel_size - 1) + 1

    def relations(self) -> Iterator[Problem]:
        padded = self.image_size + 2 * self.padding
        if self.span > padded:
            fitting = {
                "image_size": self.image_size + self.span - padded,
                "dilation": (padded - 1) // (self.kernel_size - 1),
                "kernel_size": (padded - 1) // self.dilation + 1,
            }
            settings = self.settings()
            remedies = tuple(
                set_to(field, value)
                for field, value in fitting.items()
                if value >= 1 and value <= (settings[field].maximum or 0)
            )
            sentence = Sentence(
                "The kernel covers {span} pixels, and the padded feature map has only {padded}: {remedies}.",
                span=self.span,
                padded=padded,
                remedies=alternatives(remedies),
            )
            yield Problem("kernel_size", sentence, remedies=remedies)
        broken = [channels for channels in (self.in_channels, self.out_channels) if channels % self.groups]
        if broken:
            divisors = nearest_divisors(gcd(self.in_channels, self.out_channels), self.groups)
            remedies = tuple(set_to("groups", divisor) for divisor in divisors)
            sentence = Sentence(
                "`groups` must divide `in_channels` and `out_channels`: {channels} / {groups} is not a whole number:"
                " {remedies}.",
                channels=broken[0],
                groups=self.groups,
                remedies=alternatives(remedies),
            )
            yield Problem("groups", sentence, remedies=remedies)


def nearest_divisors(number: int, near: int) -> list[int]:
    """The divisors next to `near`, below and above.

    >>> nearest_divisors(64, 3), nearest_divisors(64, 100)
    ([2, 4], [64])
    """
    divisors = [n for n in range(1, number + 1) if number % n == 0]
    below, above = [n for n in divisors if n < near], [n for n in divisors if n > near]
    return below[-1:] + above[:1]


@dataclass(frozen=True, slots=True)
class Product:
    """A product of powers, with a name for what it counts; each factor is (symbol, value, power)."""

    name: str
    factors: tuple[tuple[str, int, int], ...]

    @property
    def value(self) -> int:
        return prod(value**power for _, value, power in self.factors)


@dataclass(frozen=True, slots=True)
class LayerCost:
    """What one kind of the layer costs, for one image in float32: `layers` are the convolutions that it is made of."""

    kind: ConvolutionKind
    layers: tuple[Layer, ...]

    @property
    def params(self) -> int:
        return sum(layer.params for layer in self.layers)

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)

    @property
    def weight_bytes(self) -> int:
        return self.params * FLOAT_BYTES

    @property
    def activation_bytes(self) -> int:
        """What training keeps for the backward pass: the input, and the map between two convolutions."""
        return sum(layer.kept_bytes for layer in self.layers)

    @property
    def output_shape(self) -> Shape:
        return self.layers[-1].output_shape


class LayerAlone(nn.Module):
    """One convolution of a kind: (N, in_channels, H, W) to (N, out_channels, H', W')."""

    def __init__(self, *, convolution: str, in_channels: int, out_channels: int, **window: int) -> None:
        super().__init__()
        self.layer = make_convolution(convolution, in_channels, out_channels, bias=False, **window)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)


def layer_arguments(layer: OneLayer, kind: ConvolutionKind) -> dict[str, Any]:
    """The keyword arguments of `LayerAlone` that make this kind of the layer."""
    return {"convolution": kind, **{name: value for name, value in layer.values.items() if name != "image_size"}}


@lru_cache(maxsize=256)
def layer_costs(layer: OneLayer) -> dict[ConvolutionKind, LayerCost]:
    """What each kind of the layer costs, read off a walk through the real layer."""
    image = (layer.in_channels, layer.image_size, layer.image_size)
    walks = {kind: walk(skeleton(LayerAlone, layer_arguments(layer, kind)), image, training=True) for kind in KINDS}
    assert all(walked.broken is None for walked in walks.values()), "the spec refuses what breaks"
    return {kind: LayerCost(kind, walked.layers) for kind, walked in walks.items()}


def products(layer: OneLayer) -> dict[ConvolutionKind, tuple[Product, ...]]:
    """The multiply-accumulates of each kind as the formulas of the literature; their sum is `LayerCost.macs`."""
    side = (layer.image_size + 2 * layer.padding - layer.span) // layer.stride + 1
    positions, window = ("K", side, 2), ("d", layer.kernel_size, 2)
    inputs, outputs = ("C", layer.in_channels, 1), ("N", layer.out_channels, 1)
    of_group = ("C/g", layer.in_channels // layer.groups, 1)
    return {
        "standard": (Product("standard", (positions, window, inputs, outputs)),),
        "grouped": (Product("grouped", (positions, window, of_group, outputs)),),
        "depthwise_separable": (
            Product("depthwise", (positions, window, inputs)),
            Product("pointwise", (positions, inputs, outputs)),
        ),
    }


def separable_ratio(out_channels: int, kernel_size: int) -> Fraction:
    """MACs, or weights, of a depthwise-separable convolution over those of a standard one: 1/N + 1/d².

    Howard and others 2017 (MobileNets), section 3.1.

    >>> separable_ratio(64, 3)
    Fraction(73, 576)
    """
    return Fraction(1, out_channels) + Fraction(1, kernel_size**2)
