"""How much memory a training step needs, for any batch and number type, from the layers of one pass."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Literal, Required, TypedDict, Unpack

from cnnlab.analysis.costs import Analysis
from cnnlab.optimizer_kinds import STATES_PER_WEIGHT
from cnnlab.walk import FLOAT_BYTES, IMAGE, Layer, bytes_of

NumberType = Literal["float32", "bfloat16", "float16", "float64"]
NUMBER_BYTES: dict[NumberType, int] = {"float32": 4, "bfloat16": 2, "float16": 2, "float64": 8}
"""The types that layers compute with. Weights are float32 at least, as with torch's autocast."""

GIBIBYTE = 2**30

GPUS = {
    "RTX 4060": 8 * GIBIBYTE,
    "RTX 3080": 10 * GIBIBYTE,
    "RTX 3060, RTX 4070": 12 * GIBIBYTE,
    "T4, V100": 16 * GIBIBYTE,
    "RTX 3090, RTX 4090, A10, L4": 24 * GIBIBYTE,
    "RTX 5090": 32 * GIBIBYTE,
    "A100 40 GB": 40 * GIBIBYTE,
    "L40S, RTX 6000 Ada": 48 * GIBIBYTE,
    "A100 80 GB, H100": 80 * GIBIBYTE,
    "H200": 141 * 10**9,
}
"""Memory of some GPUs as their makers state it, in bytes, smallest first."""

BACKWARD_SHARE = 0.3
"""What a backward pass adds at its peak, gradients of maps and workspaces, as a share of what autograd keeps."""

WORKSPACE_SHARE = 0.3
"""What a forward pass without gradients adds to the maps, workspaces and reordered maps, as a share of them."""


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """Bytes at the peak of a training step, early in its backward pass.

    `weights` include an average of them, and copies in a narrower number type, where there are any. `activations` are
    what autograd keeps, without the images, which are `images`. `gradients` and `optimizer` exist from the first step
    on. `backward` is an estimate: the gradients of maps, and workspaces.
    """

    weights: int
    gradients: int
    optimizer: int
    activations: int
    images: int
    backward: int

    @property
    def total(self) -> int:
        """The sum of the parts."""
        return sum(astuple(self))


def activation_bytes(analysis: Analysis, *, batch_size: int, number_type: NumberType) -> int:
    """What autograd keeps of a batch, in bytes, where layers compute with that type."""
    return bytes_of(analysis.kept, batch_size=batch_size, float_bytes=NUMBER_BYTES[number_type])


def training_memory(
    analysis: Analysis,
    *,
    batch_size: int,
    optimizer: str,
    number_type: NumberType = "float32",
    averages_weights: bool = False,
) -> TrainingMemory:
    """What a training step needs of a device's memory, the data set and the libraries not counted.

    >>> from cnnlab.analysis import analyse
    >>> from cnnlab.architectures import preset
    >>> memory = training_memory(analyse(preset("resnet18")), batch_size=32, optimizer="adam")
    >>> round(memory.optimizer / memory.weights, 2), memory.total // 10**6
    (2.0, 1109)
    """
    width = NUMBER_BYTES[number_type]
    weights = max(width, FLOAT_BYTES) * analysis.params
    narrow_weights = width * analysis.params if width < FLOAT_BYTES else 0
    images = batch_size * width * math.prod(analysis.input_shape)
    kept = activation_bytes(analysis, batch_size=batch_size, number_type=number_type)
    return TrainingMemory(
        weights=(1 + averages_weights) * weights + narrow_weights,
        gradients=weights,
        optimizer=STATES_PER_WEIGHT[optimizer] * weights,
        activations=kept - images * analysis.keeps_image,
        images=images,
        backward=round(BACKWARD_SHARE * kept),
    )


def evaluation_memory(analysis: Analysis, *, batch_size: int, number_type: NumberType = "float32") -> int:
    """Bytes that the maps of a batch take at the most while it passes in eval mode without gradients, images included;
    the weights are not counted.

    >>> from cnnlab.analysis import analyse
    >>> from cnnlab.architectures import preset
    >>> evaluation_memory(analyse(preset("vgg16")), batch_size=10) // 10**6
    341
    """
    image = math.prod(analysis.input_shape)
    # Autocast converts the maps at the layers that compute with narrower numbers, and keeps others as they are.
    width = max(NUMBER_BYTES[number_type], FLOAT_BYTES)
    most = max(3 * image, _most_passing(analysis.rows, image))  # images that are prepared take three times theirs
    return batch_size * width * round((1 + WORKSPACE_SHARE) * most)


def _most_passing(rows: Sequence[Layer], image: int) -> int:
    """Elements of the maps that exist at the same time, at most: the output of a layer, those that later layers still
    read, and the inputs of the modules that are not finished, which their callers hold."""
    last_use = list(range(len(rows)))
    for i, row in enumerate(rows):
        for source in row.sources:
            if source != IMAGE:
                last_use[source] = i
    open_modules: dict[str, frozenset[int]] = {}
    most, held = image, set[int]()
    for i, row in enumerate(rows):
        parts = row.path.split(".")
        paths = {".".join(parts[:length]) for length in range(len(parts))}
        open_modules = {path: open_modules.get(path, frozenset(row.sources)) for path in paths}
        held = {j for j in (*held, i) if last_use[j] >= i}
        alive = held.union({i}, *open_modules.values())
        most = max(most, sum(image if j == IMAGE else rows[j].activation_elements for j in alive))
    return most


class MemoryOptions(TypedDict, total=False):
    """What the memory of a training step depends on beside the network and the batch; see `training_memory`."""

    optimizer: Required[str]
    number_type: NumberType
    averages_weights: bool


def largest_batch(analysis: Analysis, *, available_bytes: int, **options: Unpack[MemoryOptions]) -> int:
    """The largest batch whose training step needs at most `available_bytes`; 0 where not even one image does."""

    def total(batch_size: int) -> int:
        return training_memory(analysis, batch_size=batch_size, **options).total

    return bisect_right(range(1, available_bytes), available_bytes, key=total)
