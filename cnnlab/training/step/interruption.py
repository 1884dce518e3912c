"""Stopping within a step, for networks whose steps take long."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from cnnlab.training.step.random_state import RandomState


class Stopped(Exception):
    """The training was stopped."""


@contextmanager
def all_or_nothing(network: nn.Module, random_state: RandomState) -> Iterator[None]:
    """Undo a step that is `Stopped` before it changes the weights, so that it can be repeated exactly."""
    states, buffers = random_state.states(), [buffer.clone() for buffer in network.buffers()]
    try:
        yield
    except Stopped:
        random_state.set_states(states)
        for buffer, before in zip(network.buffers(), buffers, strict=True):
            buffer.copy_(before)
        raise


class Interruption:
    """While armed, calls `check` before each layer, forward and backward; what `check` raises ends the step there.

    It takes a few microseconds per layer, which is too much for networks with fast steps.
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
                self._handles.append(layer.register_forward_pre_hook(lambda *_: self._check()))
                self._handles.append(layer.register_forward_hook(self._after))

    def disarm(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def _after(self, _layer: nn.Module, _inputs: Any, output: Tensor) -> None:
        if output.requires_grad:
            output.register_hook(lambda _gradient: self._check())  # type: ignore[no-untyped-call]
