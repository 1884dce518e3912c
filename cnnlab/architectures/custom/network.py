"""A custom network: a sequence of blocks, then a dense layer to the classes.

There is no paper. `custom_lenet5` and `custom_vgg11` are the families' networks written as blocks: the same layers,
the same parameters.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field
from torch import nn

from cnnlab.architectures.base import Family, ImageSize, InChannels, ModuleCall, NumClasses, Shortcut, TweakableSpec
from cnnlab.architectures.custom.block_problems import MOST_BLOCKS, block_problems
from cnnlab.architectures.custom.blocks import Given
from cnnlab.architectures.custom.text import read_block, write_block
from cnnlab.spec import Knob, Problem, Refused


def module_calls(arguments: Mapping[str, Any]) -> list[ModuleCall]:
    """The calls that make the network of these arguments, in their order."""
    given = Given(channels=arguments["in_channels"], side=arguments["image_size"], is_image=True)
    found: list[ModuleCall] = []
    for number, text in enumerate(arguments["blocks"], start=1):
        kind, block = read_block(text)
        make, given_arguments, given = block.call(given, arguments)
        found.append(ModuleCall(f"{kind}{number}", make, given_arguments))
    if given.side is not None:
        given = Given(channels=given.channels * given.side**2, side=None)
        found.append(ModuleCall("flatten", nn.Flatten, {}))
    if arguments["dropout"] > 0:
        found.append(ModuleCall("dropout", nn.Dropout, {"p": arguments["dropout"]}))
    ends = {"in_features": given.channels, "out_features": arguments["num_classes"]}
    return [*found, ModuleCall("output", nn.Linear, ends)]


class Custom(nn.Sequential):
    """The blocks as modules: (N, in_channels, image_size, image_size) to (N, num_classes).

    A block's module is named by its kind and its place in the list, from 1: `convolution1`.
    """

    def __init__(
        self,
        *,
        blocks: tuple[str, ...],
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
        arguments = {
            "blocks": blocks,
            "activation": activation,
            "pooling": pooling,
            "norm": norm,
            "convolution": convolution,
            "groups": groups,
            "shortcut": shortcut,
            "dropout": dropout,
            "in_channels": in_channels,
            "image_size": image_size,
            "num_classes": num_classes,
        }
        super().__init__(OrderedDict((call.name, call.make(**call.arguments)) for call in module_calls(arguments)))


def _shortest(text: str) -> str:
    """The text as `write_block` writes it, so that one network has one description; one that is wrong stays."""
    try:
        return write_block(*read_block(text))
    except Refused:
        return text


class CustomSpec(TweakableSpec):
    """A custom network. One entry of `blocks` for each block: `convolution out_channels=6 kernel_size=5`."""

    noun: ClassVar[str] = "a custom network"

    blocks: Annotated[
        tuple[Annotated[str, AfterValidator(_shortest), Field(max_length=300)], ...],
        Field(
            max_length=MOST_BLOCKS,
            title="Blocks",
            description="The blocks of the network, in order; a dense layer to the classes follows.",
        ),
        Knob(group="Shape"),
    ] = (
        "convolution out_channels=16",
        "pooling",
        "convolution out_channels=32",
        "pooling",
        "flatten",
        "dense out_features=64",
    )
    shortcut: Shortcut = "projection"
    in_channels: InChannels = 1
    image_size: ImageSize = 28
    num_classes: NumClasses = 10

    def relations(self) -> Iterator[Problem]:
        yield from block_problems(self.blocks)

    def setting_of(self, layer: str) -> tuple[str, int | None]:
        number = re.match(r"[a-z_]+(\d+)", layer)
        assert number is not None, "only blocks have windows"
        return "blocks", int(number[1]) - 1


_VGG11_STAGES = ((64,), (128,), (256, 256), (512, 512), (512, 512))

PRESETS = {
    "custom_mnist": CustomSpec(),
    "custom_lenet5": CustomSpec(
        blocks=(
            "convolution out_channels=6 kernel_size=5 padding=0",
            "pooling",
            "convolution out_channels=16 kernel_size=5 padding=0",
            "pooling",
            "flatten",
            "dense out_features=120",
            "dense out_features=84",
        ),
        image_size=32,
    ),
    "custom_vgg11": CustomSpec(
        blocks=(
            *(
                text
                for widths in _VGG11_STAGES
                for text in (*(f"convolution out_channels={width}" for width in widths), "pooling")
            ),
            "adaptive_pooling output_size=7",
            "flatten",
            *("dense out_features=4096", "dropout") * 2,
        ),
        in_channels=3,
        image_size=224,
        num_classes=1000,
    ),
    "custom_one_of_each": CustomSpec(
        blocks=(
            "convolution out_channels=16",
            "response_norm",
            "separable_convolution out_channels=32",
            "pooling",
            "residual out_channels=32",
            "bottleneck out_channels=64 stride=2",
            "inverted_residual expansion=2",
            "squeeze_excitation",
            "inception branch1x1=16 branch3x3_reduce=16 branch3x3=32 branch5x5_reduce=4 branch5x5=8 branch_pool=8",
            "dense_block",
            "transition",
            "adaptive_pooling",
            "flatten",
            "dense out_features=64",
            "dropout p=0.2",
        ),
        norm="batch",
    ),
}

CUSTOM = Family(
    name="custom",
    title="Build your own",
    paper=None,
    idea="Blocks of all the classic networks, combined freely.",
    introduced="Add, change or move a block; every number and the drawing are updated at once.",
    spec=CustomSpec,
    network=Custom,
    module_calls=module_calls,
    presets=PRESETS,
    small="custom_mnist",
)
