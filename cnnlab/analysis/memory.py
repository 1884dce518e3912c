"""What training takes of a device's memory, for any batch and number type, from the rows of one pass."""

from dataclasses import dataclass
from typing import Literal

from cnnlab.analysis.costs import Analysis
from cnnlab.optimizer_kinds import STATES_PER_WEIGHT
from cnnlab.walk import FLOAT_BYTES, INDEX_BYTES

NumberType = Literal["float32", "bfloat16", "float16", "float64"]
NUMBER_BYTES: dict[NumberType, int] = {"float32": 4, "bfloat16": 2, "float16": 2, "float64": 8}

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
"""Memory that makers state for some GPUs, in bytes, smallest first."""

RESERVED_SHARE = 0.1
"""Of a GPU's memory, what is left for the driver, the libraries' workspace and the allocator's gaps."""


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """Bytes at the end of a forward pass, just before backward frees what it has used.

    `activations` are what autograd keeps, without the images, which are `images`; `gradients` and `optimizer` are there
    from the first step on.
    """

    weights: int
    gradients: int
    optimizer: int
    activations: int
    images: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.gradients + self.optimizer + self.activations + self.images


def activation_bytes(analysis: Analysis, *, batch_size: int, number_type: NumberType) -> int:
    """What autograd keeps of a batch, in bytes, for a network whose weights and images are of that type."""
    kept, width = analysis.kept, NUMBER_BYTES[number_type]
    # torch keeps the mean and deviation of a batch normalisation in float32 where the values are narrower.
    return batch_size * (width * kept.values + INDEX_BYTES * kept.indices) + max(width, FLOAT_BYTES) * kept.statistics


def training_memory(
    analysis: Analysis, *, batch_size: int, optimizer: str, number_type: NumberType = "float32"
) -> TrainingMemory:
    """What a training step takes of a device's memory, by what it is for.

    >>> from cnnlab.analysis import analyse
    >>> from cnnlab.architectures import preset
    >>> memory = training_memory(analyse(preset("resnet18")), batch_size=32, optimizer="adam")
    >>> round(memory.optimizer / memory.weights, 2), memory.total // 10**6
    (2.0, 896)
    """
    width, spec = NUMBER_BYTES[number_type], analysis.spec
    weights = width * analysis.params
    images = batch_size * width * spec.in_channels * spec.image_size**2
    kept = activation_bytes(analysis, batch_size=batch_size, number_type=number_type)
    return TrainingMemory(
        weights=weights,
        gradients=weights,
        optimizer=STATES_PER_WEIGHT[optimizer] * weights,
        activations=kept - images * analysis.keeps_image,
        images=images,
    )


def largest_batch(analysis: Analysis, *, memory: int, optimizer: str, number_type: NumberType = "float32") -> int:
    """How many images fit into a GPU's `memory` (bytes) at a time, with a share left for what nobody can forecast;
    0 where not even one does."""
    none, one = (
        training_memory(analysis, batch_size=size, optimizer=optimizer, number_type=number_type).total
        for size in (0, 1)
    )
    return max(int((1 - RESERVED_SHARE) * memory - none) // max(one - none, 1), 0)
