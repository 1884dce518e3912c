"""The norms of each parameter tensor and of its gradient: of one step now and then."""

import math
from collections.abc import Sequence
from time import perf_counter

import torch
from torch import Tensor, nn

from cnnlab.training.events import TensorNorms

MIN_SECONDS = 0.5
"""How long after one measurement the next one is made, at least."""

LARGEST_SHARE = 0.005
"""Of the time of a training that measurements take, at most: where one takes long, there are fewer."""


class NormMeter:
    """Measures where it is due, without waiting for the device; the caller knows when the device has finished."""

    def __init__(self, network: nn.Module, device: torch.device) -> None:
        self._parameters = list(network.parameters())
        self._none = torch.zeros((), device=device)
        self._on_host = torch.zeros(2, len(self._parameters), pin_memory=device.type == "cuda")
        self._due_at, self._step = -math.inf, 0

    @torch.no_grad()
    def measure(self, step: int) -> None:
        """Begin to measure after the update of that step, if it is due: the gradients are those that it has used."""
        began = perf_counter()
        if began < self._due_at:
            return
        gradients: list[Tensor] = [self._none if p.grad is None else p.grad for p in self._parameters]
        self._on_host.copy_(torch.stack([tensor_norms(gradients), tensor_norms(self._parameters)]), non_blocking=True)
        self._step, now = step, perf_counter()
        self._due_at = now + max(MIN_SECONDS, (now - began) / LARGEST_SHARE)

    def take(self) -> TensorNorms | None:
        """What was measured since the last time, once the device has finished; None if there is nothing."""
        if not self._step:
            return None
        gradients, weights = self._on_host.tolist()
        step, self._step = self._step, 0
        return TensorNorms(step=step, gradients=tuple(gradients), weights=tuple(weights))


def tensor_norms(tensors: Sequence[Tensor]) -> Tensor:
    """The Euclidean norm of each of T tensors (T,), on their device and without waiting for it.

    Where squares leave the range of float32 it is the largest absolute value, so that 0 means that all values are 0.
    """
    norms, largest = (torch.stack(torch._foreach_norm(list(tensors), order)) for order in (2, math.inf))
    return torch.where(norms.isfinite() & (norms > 0), norms, largest)
