"""A network on the `meta` device, without weights: built in the time that its modules take, in no memory."""

import threading
from collections.abc import Callable
from functools import cache, wraps
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
    """The layers that this thread's skeleton has so far, by kind and arguments; None where it builds none."""

    layers: dict[str, nn.Module] | None = None


_building = _Building()


@cache
def _take_short_ways() -> None:
    """From now on, while its thread builds a skeleton, a module initialises no parameters, and of two usual layers with
    equal arguments the second is a copy of the first.

    These are torch's hook for all modules, and constructors that are torch's own for every other thread. They stay, as
    putting them in and out would disturb those.
    """

    def skip(module: nn.Module, _name: str, _parameter: Any) -> None:
        if _building.layers is not None:
            module.__dict__["reset_parameters"] = _do_nothing

    register_module_parameter_registration_hook(skip)
    for kind in (nn.Conv2d, nn.BatchNorm2d):
        kind.__init__ = _copying(kind, kind.__init__)  # type: ignore[method-assign]


def _do_nothing() -> None:
    """Instead of an initialisation, of which nothing would be seen."""


def _copying(kind: type[nn.Module], construct: Callable[..., None]) -> Callable[..., None]:
    """A constructor that copies the layer that was made with these arguments before."""

    @wraps(construct)
    def init(self: nn.Module, *args: Any, **kwargs: Any) -> None:
        if _building.layers is None or type(self) is not kind:
            construct(self, *args, **kwargs)
            return
        made_with = f"{kind.__name__} {args} {kwargs}"
        first = _building.layers.get(made_with)
        if first is None:
            construct(self, *args, **kwargs)
            _building.layers[made_with] = self
            return
        nn.Module.__init__(self)
        vars(self).update({**vars(first), **vars(self)})
        self._buffers.update(first._buffers)
        with torch._C.DisableTorchFunction():
            # Each layer has parameters of its own, and is told apart by them.
            for name, its in first._parameters.items():
                # torch's `empty_like` takes ten times as long on the meta device.
                alike = its if its is None else torch.empty(its.shape, dtype=its.dtype, device="meta")
                self._parameters[name] = alike if alike is None else nn.Parameter(alike)

    return init


def skeleton(network: Callable[..., nn.Module], arguments: dict[str, Any]) -> nn.Module:
    """The network on the meta device, without weights; a `groups` that divides nothing is let through."""
    if "groups" in arguments:
        arguments = {**arguments, "groups": _Lenient(arguments["groups"])}
    _take_short_ways()
    _building.layers = {}
    try:
        with _WithoutWeights():
            return network(**arguments)
    finally:
        _building.layers = None
