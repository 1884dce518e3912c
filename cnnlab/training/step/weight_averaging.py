"""The running mean of a network's weights, which often judges better than the weights of any single step (EMA)."""

import copy

import torch
from torch import Tensor, nn


class Averaged:
    """A copy of `network` whose weights follow it slowly: an `update` leaves the share `decay` of what they are.

    At first they keep less, (1 + n) / (10 + n) after n updates, so that a short training is not the mean of its start.
    Running statistics, which are means already, are copied.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).requires_grad_(False)
        self._source, self._decay, self.updates = network, decay, 0

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights of a step; nothing here waits for the device."""
        self.updates += 1
        decay = min(self._decay, (1 + self.updates) / (10 + self.updates))
        averages: list[Tensor] = list(self.network.parameters())
        weights: list[Tensor] = list(self._source.parameters())
        torch._foreach_lerp_(averages, weights, 1 - decay)
        for average, buffer in zip(self.network.buffers(), self._source.buffers(), strict=True):
            average.copy_(buffer)
