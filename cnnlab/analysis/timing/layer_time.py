"""How long one convolution takes on this machine, by its kind."""

import math
import time
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from cnnlab.analysis.convolution.one_layer import (
    KINDS,
    ConvolutionKind,
    LayerAlone,
    OneLayer,
    layer_arguments,
    layer_costs,
)
from cnnlab.analysis.timing.latency import WARM_UP_RUNS, quartiles, random_images, run_seconds, with_weights
from cnnlab.spec import Problem, Remedy, set_to
from cnnlab.walk import FLOAT_BYTES, skeleton
from cnnlab.words.sentence import Sentence

ROUNDS = 30
"""How many times each kind is measured, at most."""

MAX_SECONDS = 4.0
"""No further round begins after this."""

CPU = torch.device("cpu")

MAX_MACS = 5 * 10**9
MAX_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds that each round took, for one image on one thread of the processor, forward only."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return quartiles(self.seconds)[1]

    @property
    def spread(self) -> tuple[float, float]:
        """The lower and the upper quartile."""
        first, _, third = quartiles(self.seconds)
        return first, third


def too_large(layer: OneLayer) -> Problem | None:
    """Why the layer is too large to be measured here; None where it is not."""
    macs, num_bytes = _demand(layer)
    if macs <= MAX_MACS and num_bytes <= MAX_BYTES:
        return None
    remedies = _smaller_map(layer)
    fewer = Sentence("use fewer channels")
    sentence = Sentence(
        "A layer can be measured up to {max_gmacs:g} GMACs and {max_mebibytes} MiB of maps, and this one has"
        " {gmacs:.3g} GMACs and {mebibytes:.3g} MiB: {remedy}.",
        max_gmacs=MAX_MACS / 1e9,
        max_mebibytes=MAX_BYTES // 2**20,
        gmacs=macs / 1e9,
        mebibytes=num_bytes / 2**20,
        remedy=Sentence("{what}, or {other}", what=remedies[0].what, other=fewer) if remedies else fewer,
    )
    return Problem("image_size", sentence, remedies=remedies)


def _demand(layer: OneLayer) -> tuple[int, int]:
    """The multiply-accumulates of the standard kind, and the bytes of its maps."""
    standard = layer_costs(layer)["standard"]
    maps = layer.in_channels * layer.image_size**2 + math.prod(standard.output_shape)
    return standard.macs, FLOAT_BYTES * maps


def _smaller_map(layer: OneLayer) -> tuple[Remedy, ...]:
    """The remedy that sets the largest map with which the layer can be measured."""

    def is_too_large(side: int) -> bool:
        macs, num_bytes = _demand(layer.replace(image_size=side))
        return macs > MAX_MACS or num_bytes > MAX_BYTES

    # On a smaller map than the first of these there is no place for the kernel.
    sides = range(max(1, layer.span - 2 * layer.padding), layer.image_size)
    num_fit = bisect_left(sides, True, key=is_too_large)
    return (set_to("image_size", sides[num_fit - 1]),) if num_fit else ()


def time_kinds(layer: OneLayer) -> Iterator[dict[ConvolutionKind, Times]]:
    """The times so far after each round, which measures every kind once; the caller may stop after any.

    >>> rounds = list(time_kinds(OneLayer(in_channels=2, out_channels=2, groups=1, image_size=4)))
    >>> len(rounds[-1]["standard"].seconds) == len(rounds)
    True
    """
    image = random_images((1, layer.in_channels, layer.image_size, layer.image_size), CPU)
    networks = {kind: with_weights(skeleton(LayerAlone, layer_arguments(layer, kind)), CPU).eval() for kind in KINDS}
    taken: dict[ConvolutionKind, list[float]] = {kind: [] for kind in KINDS}
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    begin = time.perf_counter()
    try:
        for number in range(WARM_UP_RUNS + ROUNDS):
            for kind, network in networks.items():
                taken[kind].append(run_seconds(network, image, "forward"))
            if number >= WARM_UP_RUNS:
                yield {kind: Times(tuple(seconds[WARM_UP_RUNS:])) for kind, seconds in taken.items()}
                if time.perf_counter() - begin > MAX_SECONDS:
                    return
    finally:
        torch.set_num_threads(num_threads)
