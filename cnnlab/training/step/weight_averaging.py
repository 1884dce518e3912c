"""The exponential moving average of a network's weights (EMA), which often generalises better than the weights."""

import copy

import torch
from torch import Tensor, nn


class AveragedWeights:
    """A copy of `network` with averaged weights: an `update` keeps the share `decay` of them.

    The first updates keep less, (1 + n) / (10 + n) after n of them, so that a short training does not average its
    initial weights. Buffers, such as running statistics, are copied.
    """

    # torch.optim.swa_utils.AveragedModel would give other numbers and be slower: its first update copies the weights
    # instead of averaging them, so earlier checkpoints would not resume exactly, and it keeps its count of updates in a
    # tensor and compares it at each step, which on a GPU waits for the device.

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).requires_grad_(False)
        self._source, self._decay, self.num_updates = network, decay, 0

    @torch.no_grad()
    def update(self) -> None:
        """Average the weights after a step; this does not wait for the device."""
        self.num_updates += 1
        decay = min(self._decay, (1 + self.num_updates) / (10 + self.num_updates))
        averages: list[Tensor] = list(self.network.parameters())
        weights: list[Tensor] = list(self._source.parameters())
        torch._foreach_lerp_(averages, weights, 1 - decay)
        for average, buffer in zip(self.network.buffers(), self._source.buffers(), strict=True):
            average.copy_(buffer)
