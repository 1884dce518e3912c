"""What a walk through a network finds: a row for each call of a layer, and where the shapes stop fitting.

All figures are for one image.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from cnnlab.walk.rules import Kept, Kind, Misfit, Pair, Shape, Window

FLOAT_BYTES = 4
INDEX_BYTES = 8
IMAGE = -1
"""The source of a layer that gets the image."""


class Layer(NamedTuple):
    """One call of a layer, or of an operation between layers, in the order of the calls.

    Shapes are those of one image. `function` is torch's name of the operation that does the work. `macs` are
    multiply-accumulates of convolution and dense layers; `kept` is what autograd newly keeps for the backward pass.
    `params` counts a parameter at the first layer that has it, `weights` and `biases` those that this call works with.
    `sources` are the places of the layers that it gets its input from, `IMAGE` for the image; `is_global` tells a
    pooling that makes one cell of the map, `num_neighbours` how many channels a response normalisation looks at.
    """

    path: str
    type: str
    function: str
    kind: Kind
    input_shape: Shape
    output_shape: Shape
    params: int
    weights: int
    biases: int
    macs: int
    kept: Kept
    geometry: Window | None
    is_global: bool
    num_neighbours: int
    sources: tuple[int, ...]

    @property
    def kept_bytes(self) -> int:
        """Bytes that autograd newly keeps for the backward pass in float32."""
        return FLOAT_BYTES * (self.kept.values + self.kept.statistics) + INDEX_BYTES * self.kept.indices

    @property
    def activation_elements(self) -> int:
        """How many numbers the layer hands on."""
        return math.prod(self.output_shape)

    @property
    def window(self) -> tuple[int, int] | None:
        """(kernel, stride) of a convolution or pooling, of an oblong window the longer side."""
        return None if self.geometry is None else (max(self.geometry.kernel), max(self.geometry.stride))

    @property
    def kernel(self) -> Pair | None:
        """(height, width) of a convolution's window."""
        return None if self.geometry is None or self.kind == "pooling" else self.geometry.kernel


@dataclass(frozen=True, slots=True)
class Break:
    """Where the shapes stop fitting: the layer's path, the rule that was broken, and the numbers that broke it.

    "window": the map's side, and the window that is larger. "groups": the channels, and the groups that do not divide
    them. "sum" and "join": the sides of the two maps to be added, or to be joined along their channels.
    """

    path: str
    rule: Misfit
    have: int
    need: int


@dataclass(frozen=True, slots=True)
class Walk:
    """The layers up to the end or the break, the class name of each module by path, and operations without a rule.

    `keeps_image` tells whether backward needs the image, which is then among what the first layers keep.
    `unlisted_params` are parameters of a network without a break that none of the layers counted as its own.
    """

    layers: tuple[Layer, ...]
    modules: dict[str, str]
    broken: Break | None
    unknown: tuple[str, ...]
    keeps_image: bool
    unlisted_params: int
