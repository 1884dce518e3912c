"""The roofline of a device, and whether its arithmetic or its memory limits a layer.

Williams, Waterman, Patterson 2009, "Roofline": a layer with few operations for each byte that it moves cannot be faster
than the memory.
"""

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch

from cnnlab.analysis.costs import Analysis
from cnnlab.walk import FLOAT_BYTES, IMAGE, Layer

MATRIX_SIDES = {"cpu": 768, "cuda": 8192}
"""Side of the square matrices that are multiplied to find the peak: large enough to keep the device busy."""

COPIED_BYTES = {"cpu": 2**26, "cuda": 2**30}
"""Bytes that are copied to find the bandwidth: more than a cache holds."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The measured peak of a device in float32: operations and bytes per second."""

    device: str
    flops_per_second: float
    bytes_per_second: float

    @property
    def balance(self) -> float:
        """Operations per byte below which the memory limits."""
        return self.flops_per_second / self.bytes_per_second

    def attainable(self, intensity: float) -> float:
        """Operations per second that a layer of that intensity can reach."""
        return min(self.flops_per_second, intensity * self.bytes_per_second)


@dataclass(frozen=True, slots=True)
class LayerWork:
    """The work of a layer on a batch: operations, and the bytes that it must at least read and write."""

    row: Layer
    flops: int
    num_bytes: int

    @property
    def intensity(self) -> float:
        """Operations per byte."""
        return self.flops / self.num_bytes

    def seconds(self, machine: Machine) -> float:
        """The least time on that machine."""
        return max(self.flops / machine.flops_per_second, self.num_bytes / machine.bytes_per_second)


def layer_work(analysis: Analysis, *, batch_size: int) -> tuple[LayerWork, ...]:
    """The forward pass layer by layer, for each layer that computes; a layer reads its inputs and its parameters and
    writes its output, all in float32."""
    return tuple(
        LayerWork(row, 2 * row.macs * batch_size, _moved(analysis, row, batch_size))
        for row in analysis.rows
        if row.kind != "other" or row.function != row.type
    )


def _moved(analysis: Analysis, row: Layer, batch_size: int) -> int:
    images = math.prod(row.input_shape)
    inputs = sum(images if i == IMAGE else analysis.rows[i].activation_elements for i in row.sources) or images
    return FLOAT_BYTES * (batch_size * (inputs + row.activation_elements) + row.weights + row.biases)


def intensity(analysis: Analysis, *, batch_size: int) -> float:
    """Operations of the forward pass for each byte that its layers move."""
    layers = layer_work(analysis, batch_size=batch_size)
    return sum(work.flops for work in layers) / max(sum(work.num_bytes for work in layers), 1)


def least_seconds(analysis: Analysis, machine: Machine, *, batch_size: int) -> float:
    """The least time for a forward pass, if each layer ran as fast as the roofline allows."""
    return sum(work.seconds(machine) for work in layer_work(analysis, batch_size=batch_size))


@cache
def measure_machine(device: str) -> Machine:
    """The device's peak, from a product of two large matrices, and its bandwidth, from a copy: medians of a few."""
    kind = torch.device(device).type
    side, copied = MATRIX_SIDES[kind], COPIED_BYTES[kind]
    a, b = torch.ones(side, side, device=device), torch.ones(side, side, device=device)
    product = torch.empty(side, side, device=device)
    source = torch.ones(copied // FLOAT_BYTES, device=device)
    target = torch.empty_like(source)
    return Machine(
        device,
        2 * side**3 / _median_seconds(lambda: torch.mm(a, b, out=product), torch.device(device)),
        2 * copied / _median_seconds(lambda: target.copy_(source), torch.device(device)),
    )


def _median_seconds(work: Callable[[], object], device: torch.device) -> float:
    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    work()
    taken = []
    for _ in range(7):
        wait()
        began = time.perf_counter()
        work()
        wait()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
