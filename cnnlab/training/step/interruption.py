"""Stopping in the middle of a step, for networks whose single step takes longer than a person waits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from cnnlab.training.step.random_state import Chance


class Stopped(Exception):
    """Somebody wished to stop."""


@contextmanager
def all_or_nothing(network: nn.Module, chance: Chance) -> Iterator[None]:
    """A step inside that is `Stopped` before it changes the weights leaves no trace, and can be taken again."""
    states, buffers = chance.states(), [buffer.clone() for buffer in network.buffers()]
    try:
        yield
    except Stopped:
        chance.set_states(states)
        for buffer, before in zip(network.buffers(), buffers, strict=True):
            buffer.copy_(before)
        raise


class Interruption:
    """While armed, calls `check` before each layer, forward and backward; what `check` raises ends the step there.

    A few microseconds per layer: nothing for a network with slow steps, too much for one with fast steps.
    """

    def __init__(self, network: nn.Module, check: Callable[[], None]) -> None:
        self._layers = [module for module in network.modules() if next(module.children(), None) is None]
        self._check = check
        self._handles: list[RemovableHandle] = []

    @property
    def is_armed(self) -> bool:
        return bool(self._handles)

    def arm(self) -> None:
        if not self.is_armed:
            for layer in self._layers:
                self._handles.append(layer.register_forward_pre_hook(self._before))
                self._handles.append(layer.register_forward_hook(self._after))

    def disarm(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def _before(self, _layer: nn.Module, _inputs: Any) -> None:
        self._check()

    def _after(self, _layer: nn.Module, _inputs: Any, output: Tensor) -> None:
        if output.requires_grad:
            output.register_hook(self._backward)  # type: ignore[no-untyped-call]

    def _backward(self, _gradient: Tensor) -> None:
        self._check()
