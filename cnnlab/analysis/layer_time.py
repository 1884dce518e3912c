"""How long one convolution takes on this machine in each of its kinds: FLOPs are not time."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from cnnlab.analysis.one_layer import KINDS, ConvolutionKind, LayerAlone, OneLayer, layer_arguments, prices
from cnnlab.spec import Problem
from cnnlab.walk import FLOAT_BYTES

ROUNDS = 30
"""How often each kind is measured, at most."""

MOST_SECONDS = 4.0
"""No further round begins after this."""

WARM_UP = 2
"""Rounds at the beginning that do not count: libraries choose their algorithms, memory is touched first."""

MOST_MACS = 5 * 10**9
MOST_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds that each round took, for one image on one thread of the processor, forward only."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def spread(self) -> tuple[float, float]:
        """The quarter of the rounds that was fastest ended at the first, the slowest quarter began at the second."""
        if len(self.seconds) < 2:
            return self.seconds[0], self.seconds[0]
        first, _, third = statistics.quantiles(self.seconds, n=4)
        return first, third


def too_large(layer: OneLayer) -> Problem | None:
    """Why this layer is not measured here, if it is not."""
    standard = prices(layer)["standard"]
    maps = FLOAT_BYTES * (layer.in_channels * layer.image_size**2 + _elements(standard.output_shape))
    if standard.macs <= MOST_MACS and maps <= MOST_BYTES:
        return None
    return Problem(
        "image_size",
        f"Measuring is for layers of up to {MOST_MACS / 1e9:g} GMACs and {MOST_BYTES // 2**20} MB of maps, and this one"
        f" has {standard.macs / 1e9:.3g} GMACs and {maps / 2**20:.3g} MB: make `image_size` or the channels smaller.",
    )


def time_kinds(layer: OneLayer) -> Iterator[dict[ConvolutionKind, Times]]:
    """The times so far after each round, in which every kind has its turn; whoever has seen enough stops asking.

    >>> rounds = list(time_kinds(OneLayer(in_channels=2, out_channels=2, groups=1, image_size=4)))
    >>> len(rounds[-1]["standard"].seconds) == len(rounds)
    True
    """
    # Weights and image have random numbers of their own: the global ones are left as they are.
    chance = torch.Generator().manual_seed(0)
    image = torch.rand((1, layer.in_channels, layer.image_size, layer.image_size), generator=chance)
    with torch.device("meta"):
        networks = {kind: LayerAlone(**layer_arguments(layer, kind)) for kind in KINDS}
    for network in networks.values():
        network.to_empty(device="cpu").eval().requires_grad_(False)
        for weight in network.parameters():
            weight.normal_(generator=chance)
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield from _rounds(networks, image)
    finally:
        torch.set_num_threads(num_threads)


def _rounds(networks: dict[ConvolutionKind, LayerAlone], image: torch.Tensor) -> Iterator[dict[ConvolutionKind, Times]]:
    taken: dict[ConvolutionKind, list[float]] = {kind: [] for kind in networks}
    begin = time.perf_counter()
    for number in range(WARM_UP + ROUNDS):
        for kind, network in networks.items():
            with torch.inference_mode():
                start = time.perf_counter()
                network(image)
                taken[kind].append(time.perf_counter() - start)
        if number >= WARM_UP:
            yield {kind: Times(tuple(seconds[WARM_UP:])) for kind, seconds in taken.items()}
            if time.perf_counter() - begin > MOST_SECONDS:
                return


def _elements(shape: tuple[int, ...]) -> int:
    return torch.Size(shape).numel()
