"""A kernel that slides over a real image, step by step: its inputs, its weights and its output."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from cnnlab.insight.one_layer.kernels import KERNEL_NAMES, LONGEST_SIDE, KernelName, named_kernel, read_kernel
from cnnlab.insight.one_layer.pictures import CHANNEL_NAMES, PICTURE_NAMES, WITH_DIGITS, PictureName, picture
from cnnlab.spec import Knob, Problem, Refused, Remedy, Spec, alternatives, set_to
from cnnlab.words.sentence import Sentence

Operation = Literal["cross_correlation", "convolution", "depthwise_separable", "max_pooling", "average_pooling"]
Combine = Literal["sum", "max", "mean"]

OPERATION_NAMES: dict[str, str] = {
    "cross_correlation": "cross-correlation",
    "convolution": "convolution (flipped)",
    "depthwise_separable": "depthwise + pointwise",
    "max_pooling": "max pooling",
    "average_pooling": "average pooling",
}

POOLINGS = ("max_pooling", "average_pooling")

CONVOLUTIONS = tuple(name for name in OPERATION_NAMES if name not in POOLINGS)

RESIZABLE_KERNELS = ("blur", "random")

MOST_PADDING = 6

MIX_REACH = 2
"""A pointwise step's weights are whole numbers up to this, and down to its negative."""

_TOO_SMALL = (
    "The kernel covers {span} pixels, and the padded image has a height of only {padded}: {remedy}.",
    "The kernel covers {span} pixels, and the padded image has a width of only {padded}: {remedy}.",
)
"""About its height and about its width."""


class Sliding(Spec):
    """An image, a kernel, and the operation at each position.

    >>> (stage,) = stages(Sliding(picture="edges", kernel="difference", padding=0))
    >>> stage.outputs[0].values[0]
    (0.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
    """

    noun: ClassVar[str] = "the kernel"

    picture: Annotated[
        PictureName,
        Field(title="Image", description="The input; the coloured one has three channels."),
        Knob(group="Image", names=PICTURE_NAMES),
    ] = "digits"
    digit: Annotated[
        int,
        Field(ge=0, le=9, title="Digit", description="The digit that is shown."),
        Knob(group="Image", soft=(0, 9), only_when={"picture": WITH_DIGITS}),
    ] = 3
    operation: Annotated[
        Operation,
        Field(title="Operation", description="What is computed from the values under the kernel."),
        Knob(group="Kernel", names=OPERATION_NAMES),
    ] = "cross_correlation"
    kernel: Annotated[
        KernelName,
        Field(title="Kernel", description="The weights that the values are multiplied with."),
        Knob(group="Kernel", names=KERNEL_NAMES, only_when={"operation": CONVOLUTIONS}),
    ] = "sobel_x"
    weights: Annotated[
        str,
        Field(
            title="Typed kernel",
            description="Numbers such as 2, -0.5 or 1/9, separated by spaces; a semicolon between rows, a bar between"
            " the slices for different channels.",
        ),
        Knob(group="Kernel", only_when={"operation": CONVOLUTIONS, "kernel": ("typed",)}),
    ] = "0 1 0; 1 -4 1; 0 1 0"
    kernel_size: Annotated[
        int,
        Field(ge=1, le=LONGEST_SIDE, title="Kernel size", description="Height and width of the kernel."),
        Knob(
            group="Kernel", soft=(1, LONGEST_SIDE), only_when=({"operation": POOLINGS}, {"kernel": RESIZABLE_KERNELS})
        ),
    ] = 3
    stride: Annotated[
        int,
        Field(
            ge=1, le=7, title="Stride", description="Distance between neighbouring positions of the kernel, in pixels."
        ),
        Knob(group="Kernel", soft=(1, 4)),
    ] = 1
    padding: Annotated[
        int,
        Field(ge=0, le=MOST_PADDING, title="Padding", description="Pixels added on each side of the image."),
        Knob(group="Kernel", soft=(0, 3)),
    ] = 1
    dilation: Annotated[
        int,
        Field(ge=1, le=4, title="Dilation", description="Distance between the inputs of the kernel, in pixels."),
        Knob(group="Kernel", soft=(1, 4), only_when={"operation": (*CONVOLUTIONS, "max_pooling")}),
    ] = 1
    out_channels: Annotated[
        int,
        Field(
            ge=1,
            le=4,
            title="Filters",
            description="The number of output channels. Each further filter is the first one, rotated by another 90°.",
        ),
        Knob(group="Channels", soft=(1, 4), only_when={"operation": CONVOLUTIONS}),
    ] = 1
    seed: Annotated[
        int,
        Field(ge=0, le=9999, title="Seed", description="Seed of the random numbers."),
        Knob(
            group="Channels",
            soft=(0, 20),
            only_when=({"operation": CONVOLUTIONS, "kernel": ("random",)}, {"operation": ("depthwise_separable",)}),
        ),
    ] = 0

    @property
    def in_channels(self) -> int:
        return int(picture(self.picture, self.digit).shape[0])

    def relations(self) -> Iterator[Problem]:
        try:
            sides = picture(self.picture, self.digit).shape[1:]
        except Refused as refused:
            yield from (Problem("picture", problem.sentence) for problem in refused.problems)
            return
        window: tuple[int, ...] = (self.kernel_size, self.kernel_size)
        if self.operation not in POOLINGS:
            try:
                window = tuple(self.filters().shape[2:])
            except Refused as refused:
                yield from refused.problems
                return
        elif self.padding > self.kernel_size // 2:
            sentence = Sentence(
                "`padding` must be at most half of `kernel_size` in a pooling, and it is {padding} of {kernel_size}:"
                " use 0 to {limit}.",
                padding=self.padding,
                kernel_size=self.kernel_size,
                limit=self.kernel_size // 2,
            )
            yield Problem("padding", sentence, remedies=(set_to("padding", self.kernel_size // 2),))
        for template, side, length in zip(_TOO_SMALL, sides, window, strict=True):
            span = self.window["dilation"] * (length - 1) + 1
            padded = side + 2 * self.padding
            if span > padded:
                remedies = self._smaller_windows(sides, window)
                remedy = alternatives(remedies) if remedies else Sentence("make the kernel smaller")
                sentence = Sentence(template, span=span, padded=padded, remedy=remedy)
                yield Problem("dilation" if length <= padded else "kernel_size", sentence, remedies=remedies)

    def _smaller_windows(self, sides: Sequence[int], window: Sequence[int]) -> tuple[Remedy, ...]:
        """What makes a window that is too large fit into the padded image."""
        padded = [side + 2 * self.padding for side in sides]
        dilation = self.window["dilation"]
        spans = [dilation * (length - 1) + 1 for length in window]
        tried = {
            "dilation": min((p - 1) // max(length - 1, 1) for p, length in zip(padded, window, strict=True)),
            "kernel_size": min((p - 1) // dilation + 1 for p in padded),
            "padding": max(-(-(span - side) // 2) for span, side in zip(spans, sides, strict=True)),
        }
        is_pooling = self.operation in POOLINGS
        limits = {
            "dilation": self.dilation if dilation > 1 else 0,
            "kernel_size": self.kernel_size if is_pooling or self.kernel in RESIZABLE_KERNELS else 0,
            "padding": self.kernel_size // 2 if is_pooling else MOST_PADDING,
        }
        return tuple(set_to(field, value) for field, value in tried.items() if 1 <= value <= limits[field])

    @property
    def window(self) -> dict[str, Any]:
        """Stride, padding and dilation, which is 1 where the operation has none."""
        dilation = 1 if self.operation == "average_pooling" else self.dilation
        return {"stride": self.stride, "padding": self.padding, "dilation": dilation}

    def filters(self) -> Tensor:
        """The kernels as they are written, float32 (out_channels, in_channels, height, width).

        There is one for a depthwise step. Raises `Refused` where the typed numbers make no kernel.
        """
        if self.kernel == "typed":
            first = read_kernel(self.weights)
            if len(first) not in (1, self.in_channels):
                sentence = Sentence(
                    "The kernel has {slices} slices, and the image has {channels} channels: write one slice for all,"
                    " or one for each."
                    if self.in_channels > 1
                    else "The kernel has {slices} slices, and the image has one channel: write one slice.",
                    slices=len(first),
                    channels=self.in_channels,
                )
                raise Refused([Problem("weights", sentence)])
            first = first.expand(self.in_channels, -1, -1)
        else:
            first = named_kernel(self.kernel, self.kernel_size, self.in_channels, self.seed)
        quarters = range(1 if self.operation == "depthwise_separable" else self.out_channels)
        if first.shape[1] != first.shape[2]:
            # Turned by a quarter it would have another shape: then every second one is the first one reversed.
            return torch.stack([first.flip(1, 2) if turn % 2 else first for turn in quarters])
        return torch.stack([torch.rot90(first, turn, (1, 2)) for turn in quarters])


Rows = tuple[tuple[float | None, ...], ...]
"""None is a cell outside the image, which counts as what the stage says."""


@dataclass(frozen=True, slots=True)
class Map:
    """One channel: its name and its values, row by row."""

    name: str
    values: Rows


@dataclass(frozen=True, slots=True)
class Tap:
    """An input channel of an output, and its weights; a pooling has none."""

    channel: int
    weights: Rows | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One operation: `taps` has the inputs that each output combines, and how.

    `kernel` is (height, width); `outside` is what the padding counts as, None where it does not count. To the sums of
    all outputs the maps of `addends` are added. `origin` is the row and column of the first cell of the outputs, where
    they are a part of a larger map.
    """

    title: str
    combine: Combine = "sum"
    inputs: tuple[Map, ...]
    outputs: tuple[Map, ...]
    taps: tuple[tuple[Tap, ...], ...]
    kernel: tuple[int, int]
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    outside: float | None = 0.0
    addends: tuple[Map, ...] = ()
    origin: tuple[int, int] = (0, 0)

    @property
    def multiplications(self) -> int:
        """How many products make all outputs."""
        rows = self.outputs[0].values
        places = len(rows) * len(rows[0])
        weighted = sum(tap.weights is not None for taps in self.taps for tap in taps)
        return places * self.kernel[0] * self.kernel[1] * weighted


def stages(sliding: Sliding) -> tuple[Stage, ...]:
    """The steps of the operation, with every value as torch computes it."""
    image = picture(sliding.picture, sliding.digit)
    names = CHANNEL_NAMES[len(image)]
    inputs = _maps(image, names)
    if sliding.operation in POOLINGS:
        return (_pooling(sliding, image, inputs),)
    filters = sliding.filters()
    if sliding.operation == "depthwise_separable":
        return _separable(sliding, image, inputs, filters[0])
    flipped = sliding.operation == "convolution"
    applied = filters.flip(2, 3) if flipped else filters
    result = F.conv2d(image[None], applied, **sliding.window)[0]
    stage = Stage(
        title="Convolution: the kernel rotated by 180°" if flipped else "Cross-correlation",
        inputs=inputs,
        outputs=_maps(result, _numbered(len(result))),
        taps=tuple(tuple(Tap(c, _rows(part)) for c, part in enumerate(one)) for one in applied),
        kernel=_size(applied),
        **sliding.window,
    )
    return (stage,)


def _pooling(sliding: Sliding, image: Tensor, inputs: tuple[Map, ...]) -> Stage:
    is_max = sliding.operation == "max_pooling"
    size = sliding.kernel_size
    if is_max:
        result = F.max_pool2d(image, size, **sliding.window)
    else:
        result = F.avg_pool2d(image, size, sliding.stride, sliding.padding)
    return Stage(
        title="Max pooling" if is_max else "Average pooling",
        combine="max" if is_max else "mean",
        inputs=inputs,
        outputs=_maps(result, tuple(f"{part.name}, pooled" for part in inputs)),
        taps=tuple((Tap(channel, None),) for channel in range(len(image))),
        kernel=(size, size),
        outside=None if is_max else 0.0,
        **sliding.window,
    )


def _separable(sliding: Sliding, image: Tensor, inputs: tuple[Map, ...], slices: Tensor) -> tuple[Stage, Stage]:
    between = F.conv2d(image[None], slices[:, None], groups=len(image), **sliding.window)[0]
    mix = mixing_weights(sliding)
    result = F.conv2d(between[None], mix[:, :, None, None])[0]
    maps = _maps(between, tuple(f"{part.name}, filtered" for part in inputs))
    depthwise = Stage(
        title="1 Depthwise: each channel separately",
        inputs=inputs,
        outputs=maps,
        taps=tuple((Tap(channel, _rows(part)),) for channel, part in enumerate(slices)),
        kernel=_size(slices),
        **sliding.window,
    )
    pointwise = Stage(
        title="2 Pointwise: one pixel of all channels",
        inputs=maps,
        outputs=_maps(result, _numbered(len(result))),
        taps=tuple(tuple(Tap(c, ((weight,),)) for c, weight in enumerate(row)) for row in mix.tolist()),
        kernel=(1, 1),
    )
    return depthwise, pointwise


def mixing_weights(sliding: Sliding) -> Tensor:
    """What the pointwise step multiplies each channel with: the sum of all, then random mixes; (out_channels, C)."""
    generator = torch.Generator().manual_seed(sliding.seed)
    shape = (sliding.out_channels, sliding.in_channels)
    mix = torch.randint(-MIX_REACH, MIX_REACH + 1, shape, generator=generator).float()
    mix[0] = 1
    return mix


def _maps(values: Tensor, names: tuple[str, ...]) -> tuple[Map, ...]:
    return tuple(Map(name, _rows(part)) for name, part in zip(names, values, strict=True))


def _rows(values: Tensor) -> Rows:
    """Rounded, so that a weight of 1/9 leaves no trail of float32's last digits."""
    return tuple(tuple(round(value, 5) for value in row) for row in values.tolist())


def _size(kernel: Tensor) -> tuple[int, int]:
    return int(kernel.shape[-2]), int(kernel.shape[-1])


def _numbered(count: int) -> tuple[str, ...]:
    return ("output map",) if count == 1 else tuple(f"output map {i + 1}" for i in range(count))
