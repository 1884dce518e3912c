"""A network on the `meta` device, without weights: built in the time that its modules take, in no memory."""

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.overrides import TorchFunctionMode


class _Lenient(int):
    """A number of groups that a constructor takes for a divisor; the walk then says where it is not one."""

    def __rmod__(self, other: int) -> int:
        return 0


class _WithoutWeights(TorchFunctionMode):
    """Parameters and buffers are made on the meta device, and no initialisation runs. Local to the thread."""

    _creators = frozenset({torch.empty, torch.zeros, torch.ones})
    _fillers = frozenset({Tensor.zero_, Tensor.fill_})

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in self._creators:
            # Nobody would see the zeros and ones.
            return torch.empty(*args, **{**(kwargs or {}), "device": "meta"})
        # A list of numbers is what a constructor computes with; a single one is a buffer.
        if func is torch.tensor and not isinstance(args[0], list):
            return func(*args, **{**(kwargs or {}), "device": "meta"})
        if func in self._fillers and args[0].is_meta:
            return args[0]
        if getattr(func, "__module__", None) == "torch.nn.init":
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


class _Building(threading.local):
    """Whether this thread builds a skeleton."""

    now = False


_building = _Building()


@cache
def _skip_initialisation() -> None:
    """From now on a module that gets its first parameter while its thread builds a skeleton initialises none.

    This is torch's hook for all modules. It stays, as putting it in and out would disturb other threads.
    """

    def skip(module: nn.Module, _name: str, _parameter: Any) -> None:
        if _building.now:
            module.__dict__["reset_parameters"] = _do_nothing

    register_module_parameter_registration_hook(skip)


def _do_nothing() -> None:
    """Instead of an initialisation, of which nothing would be seen."""


def skeleton(network: Callable[..., nn.Module], arguments: dict[str, Any]) -> nn.Module:
    """The network on the meta device, without weights; a `groups` that divides nothing is let through."""
    if "groups" in arguments:
        arguments = {**arguments, "groups": _Lenient(arguments["groups"])}
    _skip_initialisation()
    _building.now = True
    try:
        with _WithoutWeights():
            return network(**arguments)
    finally:
        _building.now = False
