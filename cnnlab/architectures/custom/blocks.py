"""The blocks of a custom network: their parameters, and what they compute from a feature map or a vector."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from torch import nn

from cnnlab.architectures.base import MAX_CHANNELS
from cnnlab.architectures.custom.modules import make_dense, make_densely_connected
from cnnlab.architectures.densenet import Transition
from cnnlab.architectures.googlenet import InceptionModule
from cnnlab.architectures.layers import make_pool, make_response_norm, make_unit
from cnnlab.architectures.mobilenet_v2 import InvertedResidual
from cnnlab.architectures.mobilenet_v3 import SqueezeExcitation
from cnnlab.architectures.resnet import BasicBlock, Bottleneck
from cnnlab.spec import Knob, Problem, Spec, set_to
from cnnlab.words.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The input of a block: feature maps of `channels` and a side, or a vector of that many features if `side` is None.

    `is_image` says that no layer with weights comes before it.
    """

    channels: int
    side: int | None
    is_image: bool = False

    def windowed(self, channels: int, kernel_size: int, stride: int, padding: int, dilation: int = 1) -> "Given":
        """After a convolution or a pooling. A kernel larger than the map leaves one pixel: the walk reports it."""
        assert self.side is not None
        room = self.side + 2 * padding - dilation * (kernel_size - 1) - 1
        return Given(channels=channels, side=max(room // stride + 1, 1))


BlockCall = tuple[Callable[..., nn.Module], dict[str, Any], Given]
"""A function or class that makes a module, its arguments, and what comes out of the module."""

OutChannels = Annotated[
    int,
    Field(ge=1, le=4096, title="Channels", description="Output channels of the block."),
    Knob(group="Block", soft=(1, 512)),
]
KernelSize = Annotated[
    int,
    Field(ge=1, le=31, title="Kernel size", description="Height and width of the kernel."),
    Knob(group="Block", soft=(1, 11)),
]
Stride = Annotated[
    int,
    Field(ge=1, le=16, title="Stride", description="Stride, in pixels."),
    Knob(group="Block", soft=(1, 4)),
]
Padding = Annotated[
    int,
    Field(ge=0, le=15, title="Padding", description="Zeros added on each side of the feature map."),
    Knob(group="Block", soft=(0, 5)),
]


class Block(Spec, ABC):
    """One entry of the list. `takes` is the kind of its input; `idea` is a sentence on its purpose."""

    takes: ClassVar[Literal["map", "vector", "either"]] = "map"
    idea: ClassVar[str]

    @abstractmethod
    def call(self, given: Given, shared: Mapping[str, Any]) -> BlockCall:
        """The call that makes it for its input; `shared` are the knobs of the whole network."""


class Convolution(Block):
    noun: ClassVar[str] = "a convolution"
    idea: ClassVar[str] = "A convolution with the normalisation and the activation of the network."

    out_channels: OutChannels = 64
    kernel_size: KernelSize = 3
    stride: Stride = 1
    padding: Padding = 1
    dilation: Annotated[
        int,
        Field(ge=1, le=16, title="Dilation", description="Distance between the inputs of the kernel, in pixels."),
        Knob(group="Block", soft=(1, 4)),
    ] = 1

    def call(self, given: Given, shared: Mapping[str, Any]) -> BlockCall:
        kind = _taken(shared, "convolution", "groups", "activation", "norm")
        if given.is_image:
            kind["convolution"] = "standard"
        gives = given.windowed(self.out_channels, self.kernel_size, self.stride, self.padding, self.dilation)
        return (make_unit, {"in_channels": given.channels, **self.values, **kind}, gives)


class SeparableConvolution(Convolution):
    noun: ClassVar[str] = "a separable convolution"
    idea: ClassVar[str] = "A depthwise convolution, then a 1×1 convolution (Xception, MobileNet)."

    def call(self, given: Given, shared: Mapping[str, Any]) -> BlockCall:
        separable = {**shared, "convolution": "depthwise_separable"}
        return super().call(replace(given, is_image=False), separable)


class PoolingBlock(Block):
    noun: ClassVar[str] = "a pooling"
    idea: ClassVar[str] = "The maximum or the mean of each window: smaller feature maps without weights."

    kernel_size: KernelSize = 2
    stride: Stride = 2
    padding: Padding = 0

    def relations(self) -> Iterator[Problem]:
        if self.padding > self.kernel_size // 2:
            sentence = Sentence(
                "`padding` of a pooling must be at most half its window, {kernel_size} / 2, and it is {value}: use"
                " {limit} or less.",
                kernel_size=self.kernel_size,
                value=self.padding,
                limit=self.kernel_size // 2,
            )
            yield Problem("padding", sentence, remedies=(set_to("padding", self.kernel_size // 2),))

    def call(self, given: Given, shared: Mapping[str, Any]) -> BlockCall:
        gives = given.windowed(given.channels, self.kernel_size, self.stride, self.padding)
        arguments = {**_taken(shared, "pooling"), **self.values}
        return (make_pool, arguments, replace(gives, is_image=given.is_image))


class AdaptivePooling(Block):
    noun: ClassVar[str] = "an adaptive pooling"
    idea: ClassVar[str] = "Averages each channel to a feature map of the given size; 1 is global average pooling."

    output_size: Annotated[
        int,
        Field(ge=1, le=64, title="Output size", description="Height and width of the output."),
        Knob(group="Block", soft=(1, 8)),
    ] = 1

    def call(self, given: Given, _shared: Mapping[str, Any]) -> BlockCall:
        return (nn.AdaptiveAvgPool2d, self.values, replace(given, side=self.output_size))


class _SameSize(Block):
    """A block with an odd kernel, so that its output can be added to its input."""

    out_channels: OutChannels = 64
    kernel_size: KernelSize = 3
    stride: Stride = 1

    def relations(self) -> Iterator[Problem]:
        if self.kernel_size % 2 == 0:
            odd = (self.kernel_size - 1, self.kernel_size + 1)
            sentence = Sentence(
                "`kernel_size` must be odd where the result is added to the input, and it is {value}: use {below} or"
                " {above}.",
                value=self.kernel_size,
                below=odd[0],
                above=odd[1],
            )
            yield Problem("kernel_size", sentence, remedies=tuple(set_to("kernel_size", value) for value in odd))

    def _gives(self, given: Given) -> Given:
        return given.windowed(self.out_channels, self.kernel_size, self.stride, self.kernel_size // 2)


class ResidualBlock(_SameSize):
    noun: ClassVar[str] = "a residual block"
    idea: ClassVar[str] = "Two convolutions whose result is added to the input (ResNet-18)."

    def call(self, given: Given, shared: Mapping[str, Any]) -> BlockCall:
        arguments = {"in_channels": given.channels, **self.values, **_residual_kind(shared)}
        return (BasicBlock, arguments, self._gives(given))


class BottleneckBlock(_SameSize):
    noun: ClassVar[str] = "a bottleneck block"
    idea: ClassVar[str] = (
        "A 1×1 convolution to fewer channels, a spatial convolution, and a 1×1 convolution to more channels, added to"
        " the input (ResNet-50)."
    )

    out_channels: OutChannels = 256
    reduction: Annotated[
        int,
        Field(
            ge=1,
            le=64,
            title="Reduction",
            description="The ratio of the output channels to the channels inside the block.",
        ),
        Knob(group="Block", soft=(1, 8)),
    ] = 4

    def call(self, given: Given, shared: Mapping[str, Any]) -> BlockCall:
        arguments = {
            "in_channels": given.channels,
            "width": max(self.out_channels // self.reduction, 1),
            **_taken(self.values, "out_channels", "kernel_size", "stride"),
            "stride_at": "3x3",
            **_residual_kind(shared),
        }
        return (Bottleneck, arguments, self._gives(given))


class InvertedResidualBlock(_SameSize):
    noun: ClassVar[str] = "an inverted residual block"
    idea: ClassVar[str] = (
        "A 1×1 convolution to more channels, a depthwise convolution, and a 1×1 convolution to fewer channels, added to"
        " the input where the shapes agree (MobileNet v2)."
    )

    expansion: Annotated[
        int,
        Field(
            ge=1,
            le=32,
            title="Expansion",
            description="The ratio of the channels inside the block to the input channels.",
        ),
        Knob(group="Block", soft=(1, 8)),
    ] = 6

    def call(self, given: Given, shared: Mapping[str, Any]) -> BlockCall:
        arguments = {
            "in_channels": given.channels,
            "expanded": given.channels * self.expansion,
            **_taken(self.values, "out_channels", "kernel_size", "stride"),
            **_taken(shared, "activation", "norm"),
            "norm_eps": 1e-5,
            "convolution": "depthwise_separable",
            "groups": 1,
            **_taken(shared, "shortcut"),
            "shortcut_everywhere": False,
        }
        return (InvertedResidual, arguments, self._gives(given))


BranchChannels = Annotated[
    int,
    Field(ge=1, le=2048, description="Output channels of this convolution."),
    Knob(group="Block", soft=(1, 384)),
]


class Inception(Block):
    noun: ClassVar[str] = "an inception module"
    idea: ClassVar[str] = "Convolutions of 1×1, 3×3 and 5×5 and a pooling in parallel, concatenated (GoogLeNet)."

    branch1x1: BranchChannels = Field(64, title="Branch 1×1")
    branch3x3_reduce: BranchChannels = Field(96, title="Reduce 3×3")
    branch3x3: BranchChannels = Field(128, title="Branch 3×3")
    branch5x5_reduce: BranchChannels = Field(16, title="Reduce 5×5")
    branch5x5: BranchChannels = Field(32, title="Branch 5×5")
    branch_pool: BranchChannels = Field(32, title="Branch pool")

    def call(self, given: Given, shared: Mapping[str, Any]) -> BlockCall:
        kind = _taken(shared, "pooling", "convolution", "groups", "activation", "norm")
        arguments = {"in_channels": given.channels, **self.values, "large_kernel": 5, **kind}
        channels = self.branch1x1 + self.branch3x3 + self.branch5x5 + self.branch_pool
        return (InceptionModule, arguments, Given(channels=channels, side=given.side))


class DenseBlock(Block):
    noun: ClassVar[str] = "a dense block"
    idea: ClassVar[str] = "Each layer concatenates a few channels to its input (DenseNet)."

    num_layers: Annotated[
        int,
        Field(ge=1, le=64, title="Layers", description="The number of layers."),
        Knob(group="Block", soft=(1, 16)),
    ] = 4
    growth_rate: Annotated[
        int,
        Field(ge=1, le=128, title="Growth rate", description="The number of channels that each layer adds."),
        Knob(group="Block", soft=(1, 48)),
    ] = 12
    expansion: Annotated[
        int,
        Field(
            ge=0,
            le=32,
            title="Expansion",
            description="The ratio of the channels of the 1×1 convolution in each layer to the growth rate; 0 leaves"
            " that convolution out.",
        ),
        Knob(group="Block", soft=(0, 8)),
    ] = 4

    def call(self, given: Given, shared: Mapping[str, Any]) -> BlockCall:
        kind = _taken(shared, "activation", "norm", "convolution", "groups")
        channels = given.channels + self.num_layers * self.growth_rate
        arguments = {"in_channels": given.channels, **self.values, **kind}
        return (make_densely_connected, arguments, Given(channels=channels, side=given.side))


class TransitionBlock(Block):
    noun: ClassVar[str] = "a transition"
    idea: ClassVar[str] = "A 1×1 convolution to fewer channels, then a pooling that halves the feature map (DenseNet)."

    compression: Annotated[
        float,
        Field(ge=0.01, le=1, title="Compression", description="The fraction of the channels that is kept."),
        Knob(group="Block", soft=(0.1, 1), step=0.05),
    ] = 0.5

    def call(self, given: Given, shared: Mapping[str, Any]) -> BlockCall:
        channels = max(int(given.channels * self.compression), 1)
        kind = _taken(shared, "activation", "pooling", "norm")
        arguments = {"in_channels": given.channels, "out_channels": channels, **kind}
        return (Transition, arguments, given.windowed(channels, 2, 2, 0))


class SqueezeExcitationBlock(Block):
    noun: ClassVar[str] = "a squeeze-and-excitation block"
    idea: ClassVar[str] = (
        "Scales each channel by a factor between 0 and 1, computed from the means of all channels (MobileNet v3)."
    )

    reduction: Annotated[
        int,
        Field(
            ge=1, le=64, title="Reduction", description="The ratio of the channels to the hidden features of the gate."
        ),
        Knob(group="Block", soft=(1, 16)),
    ] = 4

    def call(self, given: Given, _shared: Mapping[str, Any]) -> BlockCall:
        squeezed = max(given.channels // self.reduction, 1)
        arguments = {"channels": given.channels, "squeezed": squeezed}
        return (SqueezeExcitation, arguments, replace(given, is_image=False))


class ResponseNorm(Block):
    noun: ClassVar[str] = "a response normalisation"
    idea: ClassVar[str] = "Local response normalisation over five neighbouring channels (AlexNet)."

    def call(self, given: Given, _shared: Mapping[str, Any]) -> BlockCall:
        return (make_response_norm, {}, given)


class Flatten(Block):
    noun: ClassVar[str] = "a flatten"
    idea: ClassVar[str] = "Flattens the feature maps to one vector, the input of dense layers."

    def call(self, given: Given, _shared: Mapping[str, Any]) -> BlockCall:
        assert given.side is not None
        return (nn.Flatten, {}, Given(channels=given.channels * given.side**2, side=None))


class Dense(Block):
    noun: ClassVar[str] = "a dense layer"
    takes: ClassVar[Literal["map", "vector", "either"]] = "vector"
    idea: ClassVar[str] = "A fully connected layer with the activation of the network."

    out_features: Annotated[
        int,
        Field(ge=1, le=MAX_CHANNELS, title="Output features", description="The number of output features."),
        Knob(group="Block", soft=(1, 4096)),
    ] = 128

    def call(self, given: Given, shared: Mapping[str, Any]) -> BlockCall:
        arguments = {"in_features": given.channels, **self.values, **_taken(shared, "activation")}
        return (make_dense, arguments, Given(channels=self.out_features, side=None))


class DropoutBlock(Block):
    noun: ClassVar[str] = "a dropout"
    takes: ClassVar[Literal["map", "vector", "either"]] = "either"
    idea: ClassVar[str] = "Sets each value to zero with the given probability, in training only."

    p: Annotated[
        float,
        Field(ge=0, le=0.95, title="Probability", description="The probability with which a value is set to zero."),
        Knob(group="Block", soft=(0, 0.8), step=0.05),
    ] = 0.5

    def call(self, given: Given, _shared: Mapping[str, Any]) -> BlockCall:
        return (nn.Dropout, self.values, given)


BLOCKS: dict[str, type[Block]] = {
    "convolution": Convolution,
    "separable_convolution": SeparableConvolution,
    "pooling": PoolingBlock,
    "adaptive_pooling": AdaptivePooling,
    "residual": ResidualBlock,
    "bottleneck": BottleneckBlock,
    "inverted_residual": InvertedResidualBlock,
    "inception": Inception,
    "dense_block": DenseBlock,
    "transition": TransitionBlock,
    "squeeze_excitation": SqueezeExcitationBlock,
    "response_norm": ResponseNorm,
    "flatten": Flatten,
    "dense": Dense,
    "dropout": DropoutBlock,
}
"""The kinds of block, by the word that writes them."""


def _residual_kind(shared: Mapping[str, Any]) -> dict[str, Any]:
    kind = _taken(shared, "activation", "norm", "convolution", "groups", "shortcut")
    return {**kind, "bias": shared["norm"] == "none", "shortcut_norm": shared["norm"]}


def _taken(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names}
