"""Factorised convolutions: the cost of several small kernels compared with one large kernel.

Every cost is read off a walk through real layers. Convolutions have no bias, and normalisations are not counted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field
from torch import nn

from cnnlab.analysis.convolution.one_layer import nearest_divisors
from cnnlab.analysis.costs import WEIGHTED_KINDS
from cnnlab.architectures import preset
from cnnlab.architectures.googlenet import MODULE_LISTS, GoogLeNetSpec, InceptionModule
from cnnlab.architectures.layers import Branches, make_pool
from cnnlab.building import examine
from cnnlab.spec import Knob, Problem, Spec, alternatives, set_to
from cnnlab.walk import Layer, Shape, skeleton, walk
from cnnlab.words.sentence import Sentence

PairName = Literal["5x5", "7x7", "lines", "side_by_side", "bottleneck", "inception"]
ModuleName = Literal["3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"]
MODULES: tuple[ModuleName, ...] = get_args(ModuleName)

PAIR_NAMES: dict[str, str] = {
    "5x5": "5×5 as two 3×3",
    "7x7": "7×7 as three 3×3",
    "lines": "n×n as 1×n and n×1",
    "side_by_side": "3×3 as parallel 1×3 and 3×1",
    "bottleneck": "1×1 bottleneck",
    "inception": "Inception module",
}

_OF_CHOSEN_MAPS = {"pair": tuple(name for name in PAIR_NAMES if name != "inception")}
"""An Inception module is given GoogLeNet's own maps."""


class FactorisationSpec(Spec):
    """Which convolution is factorised, and for which feature maps.

    >>> pair = factorisation(FactorisationSpec(pair="5x5", channels=64))
    >>> pair.before.params, pair.after.params
    (102400, 73728)
    """

    noun: ClassVar[str] = "the comparison"

    pair: Annotated[
        PairName,
        Field(title="Factorisation", description="A convolution, and the ones that replace it."),
        Knob(group="Layers", names=PAIR_NAMES),
    ] = "5x5"
    channels: Annotated[
        int,
        Field(ge=1, le=1024, title="Channels C", description="Input and output channels."),
        Knob(group="Layers", soft=(1, 512), only_when=_OF_CHOSEN_MAPS),
    ] = 64
    length: Annotated[
        int,
        Field(
            ge=3, le=15, title="Side n", description="Height and width of the kernel that becomes a row and a column."
        ),
        Knob(group="Layers", soft=(3, 15), step=2, only_when={"pair": ("lines",)}),
    ] = 7
    reduction: Annotated[
        int,
        Field(ge=1, le=64, title="Reduction", description="The ratio of C to the channels of the bottleneck."),
        Knob(group="Layers", soft=(1, 16), only_when={"pair": ("bottleneck",)}),
    ] = 4
    module: Annotated[
        ModuleName,
        Field(title="Module", description="A module of GoogLeNet, by its name in table 1 of the paper."),
        Knob(group="Layers", only_when={"pair": ("inception",)}),
    ] = "3a"
    image_size: Annotated[
        int,
        Field(ge=1, le=512, title="Feature map size", description="Height and width of the feature maps, in pixels."),
        Knob(group="Layers", soft=(7, 112), only_when=_OF_CHOSEN_MAPS),
    ] = 28

    @property
    def image(self) -> Shape:
        return self.channels, self.image_size, self.image_size

    def relations(self) -> Iterator[Problem]:
        if self.pair == "lines" and self.length % 2 == 0:
            remedies = tuple(set_to("length", self.length + by) for by in (-1, 1))
            sentence = Sentence(
                "`length` must be odd, so that the map keeps its size, and it is {length}: {remedies}.",
                length=self.length,
                remedies=alternatives(remedies),
            )
            yield Problem("length", sentence, remedies=remedies)
        if self.pair == "bottleneck" and self.channels % self.reduction:
            divisors = nearest_divisors(self.channels, self.reduction)
            remedies = tuple(set_to("reduction", divisor) for divisor in divisors)
            sentence = Sentence(
                "`reduction` must divide `channels`: {channels} / {reduction} is not a whole number: {remedies}.",
                channels=self.channels,
                reduction=self.reduction,
                remedies=alternatives(remedies),
            )
            yield Problem("reduction", sentence, remedies=remedies)


@dataclass(frozen=True, slots=True)
class Alternative:
    """Layers in parallel `branches`, each in the order of the calls, for one image.

    `params` and `macs` are those of the convolutions; `window` is the receptive field of one output
    pixel, (height, width).
    """

    title: str
    branches: tuple[tuple[Layer, ...], ...]
    in_channels: int
    out_channels: int

    @property
    def params(self) -> int:
        return sum(layer.params for branch in self.branches for layer in branch if layer.kind in WEIGHTED_KINDS)

    @property
    def macs(self) -> int:
        return sum(layer.macs for branch in self.branches for layer in branch)

    @property
    def window(self) -> tuple[int, int]:
        sides = [
            [1 + sum(window_of(layer)[axis] - 1 for layer in branch) for branch in self.branches] for axis in (0, 1)
        ]
        return max(sides[0]), max(sides[1])


@dataclass(frozen=True, slots=True)
class Factorisation:
    """A factorisation: the convolution before and after, the idea, and where it was published."""

    title: str
    idea: str
    source: str
    before: Alternative
    after: Alternative

    @property
    def share(self) -> float:
        """The multiply-accumulates after the factorisation as a fraction of those before."""
        return self.after.macs / self.before.macs


SameSizeConvolution = tuple[int, int, int, int]
"""Kernel height and width, input and output channels of a convolution that keeps the size of the feature map."""


class ParallelConvolutions(Branches):
    """Parallel branches of convolutions, whose outputs are concatenated; a branch without any is a 3x3 pooling.

    (N, C, H, W) to (N, sum of the branches' channels, H, W).
    """

    def __init__(self, *, branches: tuple[tuple[SameSizeConvolution, ...], ...]) -> None:
        super().__init__()
        for i, branch in enumerate(branches):
            layers: list[nn.Module] = [
                nn.Conv2d(inputs, outputs, (height, width), padding=(height // 2, width // 2), bias=False)
                for height, width, inputs, outputs in branch
            ]
            self[str(i)] = nn.Sequential(*layers or [make_pool("max", kernel_size=3, stride=1, padding=1)])


@lru_cache(maxsize=256)
def factorisation(factoring: FactorisationSpec) -> Factorisation:
    """The pair that the spec names, with the cost of every layer."""
    return _PAIRS[factoring.pair](factoring)


def _two_for_5x5(chosen: FactorisationSpec) -> Factorisation:
    return Factorisation(
        title="Two 3×3 have the receptive field of one 5×5",
        idea="Two small kernels in sequence cover the same 5×5 pixels, cost 18 C² instead of 25 C², and allow an"
        " activation between them.",
        source="VGG (2014), and Inception v3 (2015), figure 5",
        before=_chain("one 5×5", chosen, [(5, 5)]),
        after=_chain("two 3×3", chosen, [(3, 3)] * 2),
    )


def _three_for_7x7(chosen: FactorisationSpec) -> Factorisation:
    return Factorisation(
        title="Three 3×3 have the receptive field of one 7×7",
        idea="The larger the kernel, the larger the saving: 27 C² instead of 49 C².",
        source="VGG (2014), section 2.3",
        before=_chain("one 7×7", chosen, [(7, 7)]),
        after=_chain("three 3×3", chosen, [(3, 3)] * 3),
    )


def _lines(chosen: FactorisationSpec) -> Factorisation:
    n = chosen.length
    return Factorisation(
        title=f"A row and a column have the receptive field of one {n}×{n}",
        idea=f"A 1×{n} and then a {n}×1 cost {2 * n} C² instead of {n * n} C². With n = 7 these are the B modules of"
        " Inception v3: 14 C² instead of 49 C².",
        source="Inception v3 (2015), figure 6",
        before=_chain(f"one {n}×{n}", chosen, [(n, n)]),
        after=_chain(f"1×{n}, then {n}×1", chosen, [(1, n), (n, 1)]),
    )


def _side_by_side(chosen: FactorisationSpec) -> Factorisation:
    branches = [((height, width, chosen.channels, chosen.channels),) for height, width in ((1, 3), (3, 1))]
    return Factorisation(
        title="A row and a column in parallel",
        idea="The C modules of Inception v3 apply the 1×3 and the 3×1 in parallel: both have the same input, and their"
        " outputs are concatenated. 6 C² instead of 9 C² for twice the channels; but no output depends on the corners"
        " of its 3×3 region.",
        source="Inception v3 (2015), figure 7",
        before=_chain("one 3×3", chosen, [(3, 3)]),
        after=_parallel("1×3 parallel to 3×1", chosen.image, *branches),
    )


def _bottleneck(chosen: FactorisationSpec) -> Factorisation:
    wide, narrow = chosen.channels, chosen.channels // chosen.reduction
    branch = ((1, 1, wide, narrow), (3, 3, narrow, narrow), (1, 1, narrow, wide))
    return Factorisation(
        title="A 1×1 before the 3×3 reduces its cost",
        idea=f"The first 1×1 reduces {wide} channels to {narrow}, the 3×3 works on those, and the last 1×1 restores"
        f" {wide}.",
        source="ResNet-50 (2015), figure 5",
        before=_chain("one 3×3", chosen, [(3, 3)]),
        after=_parallel("1×1, 3×3, 1×1", chosen.image, branch),
    )


def _inception(chosen: FactorisationSpec) -> Factorisation:
    spec = preset("googlenet")
    assert isinstance(spec, GoogLeNetSpec)
    number = MODULES.index(chosen.module)
    rows = [row for row in examine(spec).evaluation.layers if row.path.endswith(".branch1x1.conv")]
    image = rows[number].input_shape
    channels = image[0]
    widths = {name: getattr(spec, name)[number] for name in MODULE_LISTS}
    kind = {"convolution": "standard", "groups": 1, "pooling": "max", "activation": "relu", "norm": "batch"}
    large = ((1, "branch1x1"), (3, "branch3x3"), (5, "branch5x5"))
    naive = [((side, side, channels, widths[name]),) for side, name in large]
    return Factorisation(
        title=f"Inception {chosen.module}: 1×1 before the large kernels",
        idea=f"On all {channels} channels the 3×3 and the 5×5 are expensive, and the pooling outputs all {channels}, so"
        " that each module makes the next one wider. A 1×1 in each branch keeps the cost low.",
        source="GoogLeNet (2014), figure 2 and table 1",
        before=_parallel("without reductions", image, *naive, ()),
        after=_alternative(
            "with 1×1 reductions",
            InceptionModule,
            {"in_channels": channels, **widths, "large_kernel": int(spec.large_kernel[0]), **kind},
            image,
        ),
    )


_PAIRS: dict[PairName, Callable[[FactorisationSpec], Factorisation]] = {
    "5x5": _two_for_5x5,
    "7x7": _three_for_7x7,
    "lines": _lines,
    "side_by_side": _side_by_side,
    "bottleneck": _bottleneck,
    "inception": _inception,
}


def _chain(title: str, chosen: FactorisationSpec, kernels: list[tuple[int, int]]) -> Alternative:
    """Convolutions in a row, all with the same channels in and out."""
    return _parallel(title, chosen.image, tuple((*kernel, chosen.channels, chosen.channels) for kernel in kernels))


def _parallel(title: str, image: Shape, *branches: tuple[SameSizeConvolution, ...]) -> Alternative:
    return _alternative(title, ParallelConvolutions, {"branches": branches}, image)


def _alternative(title: str, network: type[nn.Module], arguments: dict[str, Any], image: Shape) -> Alternative:
    walked = walk(skeleton(network, arguments), image, training=False)
    assert walked.broken is None, "every window is padded to keep the map's size"
    kept = [layer for layer in walked.layers if layer.kind in WEIGHTED_KINDS or layer.kind == "pooling"]
    branches = groupby(kept, key=lambda layer: layer.path.partition(".")[0])
    out_channels = walked.layers[-1].output_shape[0]
    return Alternative(title, tuple(tuple(branch) for _, branch in branches), image[0], out_channels)


def window_of(layer: Layer) -> tuple[int, int]:
    """Height and width of a convolution's or a pooling's window."""
    assert layer.geometry is not None, "only layers with a window are kept"
    return layer.geometry.kernel
