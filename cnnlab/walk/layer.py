"""What a walk through a network finds: a row for each call of a layer, and where the shapes stop fitting.

All figures are for one image.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from cnnlab.walk.rules.answer import Kept, Kind, Misfit, Pair, Shape, Window

FLOAT_BYTES = 4
INDEX_BYTES = 8
IMAGE = -1
"""The source of a layer that gets the image."""


class Layer(NamedTuple):
    """One call of a layer, or of an operation between layers, in the order of the calls.

    Shapes are those of one image. `function` is torch's name of the operation that does the work. `macs` are
    multiply-accumulates of convolution and dense layers; `kept` is what autograd newly keeps for the backward pass.
    `params` counts a parameter at the first layer that has it, `weights` and `biases` those that this call uses.
    `sources` are the indices of the layers whose output it gets, `IMAGE` for the image; `is_global` is true of a
    pooling that leaves one cell of the map, `mixes` of a product of maps that combines all positions, as attention
    does, and `num_neighbours` is how many channels a response normalisation combines.
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
    mixes: bool
    num_neighbours: int
    sources: tuple[int, ...]

    @property
    def kept_bytes(self) -> int:
        """Bytes that autograd newly keeps for the backward pass in float32."""
        return bytes_of(self.kept)

    @property
    def activation_elements(self) -> int:
        """Elements of the output."""
        return math.prod(self.output_shape)

    @property
    def in_shortcut(self) -> bool:
        """Whether the layer is part of a block's shortcut."""
        return "shortcut" in self.path.split(".")

    @property
    def window(self) -> tuple[int, int] | None:
        """(kernel, stride) of a convolution or pooling, of an oblong window the longer side."""
        return None if self.geometry is None else (max(self.geometry.kernel), max(self.geometry.stride))

    @property
    def kernel(self) -> Pair | None:
        """(height, width) of a convolution's window."""
        return None if self.geometry is None or self.kind == "pooling" else self.geometry.kernel


def bytes_of(kept: Kept, *, batch_size: int = 1, float_bytes: int = FLOAT_BYTES) -> int:
    """Bytes that autograd keeps of a batch whose values take `float_bytes` each.

    torch keeps the mean and deviation of a batch normalisation in float32 where the values are narrower.
    """
    of_images = batch_size * (float_bytes * kept.values + INDEX_BYTES * kept.indices + kept.flags)
    return of_images + max(float_bytes, FLOAT_BYTES) * kept.statistics


@dataclass(frozen=True, slots=True)
class Break:
    """Where the shapes stop fitting: the layer's path, the rule that was broken, and the numbers that broke it.

    "window": the map's side, and the window that is larger. "groups": the channels, and the groups that do not divide
    them. "sum" and "join": the sides of the two maps to be added, or to be joined along their channels. "values": how
    many values of an image are normalised together, and the fewest that have a deviation. "channels": those of a map,
    and those that the weights are for. "data": no numbers; the network asks for the values of a map by `function`,
    which a pass without weights does not have.
    """

    path: str
    rule: Misfit
    have: int = 0
    need: int = 0
    function: str = ""


@dataclass(frozen=True, slots=True)
class ForwardPass:
    """The layers up to the end or the break, the class name of each module by path, and operations without a rule.

    `keeps_image` is true where backward needs the image, which is then among what the first layers keep.
    `unlisted_params` are parameters of a network without a break that none of the layers counted as its own.
    """

    layers: tuple[Layer, ...]
    modules: dict[str, str]
    broken: Break | None
    unknown: tuple[str, ...]
    keeps_image: bool
    unlisted_params: int
