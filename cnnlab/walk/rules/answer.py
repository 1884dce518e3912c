"""What a rule answers: the shape, the work and the memory of one operation."""

from typing import Literal, NamedTuple

from torch import Tensor

Kind = Literal["convolution", "depthwise", "pointwise", "dense", "pooling", "norm", "activation", "shortcut", "other"]
Misfit = Literal["window", "groups", "sum", "join", "values", "channels", "data"]
Keeps = Literal["input", "inputs", "factors", "output", "nothing"]
Shape = tuple[int, ...]
Pair = tuple[int, int]


class Kept(NamedTuple):
    """What autograd keeps for the backward pass, in elements.

    `values` are in the network's number type, `indices` are integers of eight bytes and `flags` take one byte, all for
    one image; `statistics`, of at least four bytes each, do not grow with the batch.
    """

    values: int = 0
    indices: int = 0
    statistics: int = 0
    flags: int = 0

    def __add__(self, other: "Kept") -> "Kept":  # type: ignore[override]
        return Kept(
            self.values + other.values,
            self.indices + other.indices,
            self.statistics + other.statistics,
            self.flags + other.flags,
        )


NOTHING_KEPT = Kept()


class Window(NamedTuple):
    """A sliding window, each setting as (vertical, horizontal) in cells of the map."""

    kernel: Pair
    stride: Pair
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)


class Answer(NamedTuple):
    """The result of an operation on tensors without values.

    `shape` includes the batch. `inputs` are the tensors that the result depends on. `keeps` says which tensors the
    backward pass needs: the first input, all inputs, the output, or each factor of a product whose other factor has a
    gradient; `extra` is what it needs besides. `in_place` is true where the output takes the memory of the first input.
    `weights` and `biases` count the elements of the parameters that the operation
    uses, shared or not. `is_global` is true of a pooling that leaves one cell of the map, `mixes` of a product of maps
    that combines all positions, and `num_neighbours` counts the channels that a local response normalisation combines.
    """

    kind: Kind
    shape: Shape
    inputs: tuple[Tensor, ...] = ()
    macs: int = 0
    keeps: Keeps = "nothing"
    extra: Kept = NOTHING_KEPT
    weights: int = 0
    biases: int = 0
    window: Window | None = None
    is_global: bool = False
    mixes: bool = False
    in_place: bool = False
    num_neighbours: int = 0

    def then(self, other: "Answer") -> "Answer":
        """This answer and that of a later operation of the same layer as the answer of the layer."""
        return other._replace(
            kind=other.kind if self.kind == "other" else self.kind,
            macs=self.macs + other.macs,
            weights=self.weights + other.weights,
            biases=self.biases + other.biases,
            window=other.window or self.window,
            is_global=self.is_global or other.is_global,
            mixes=self.mixes or other.mixes,
            num_neighbours=other.num_neighbours or self.num_neighbours,
        )


class ShapesDoNotFit(Exception):
    """Inputs that an operation cannot take; `Break` says what the numbers are."""

    def __init__(self, rule: Misfit, have: int = 0, need: int = 0, function: str = "") -> None:
        super().__init__(rule)
        self.rule, self.have, self.need, self.function = rule, have, need, function


def num_elements(tensor: Tensor | None) -> int:
    """Elements of a parameter that a layer may do without."""
    return 0 if tensor is None else tensor.numel()
