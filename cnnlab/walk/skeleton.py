"""A network on the `meta` device, without weights: built in the time that its modules take, in no memory."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.overrides import TorchFunctionMode


def skeleton(network: Callable[..., nn.Module], arguments: dict[str, Any]) -> nn.Module:
    """The network on the meta device, without weights; `groups` that do not divide the channels are accepted."""
    if "groups" in arguments:
        arguments = {**arguments, "groups": _UncheckedGroups(arguments["groups"])}
    with _WithoutWeights(), _without_initialisation():
        return network(**arguments)


_one_at_a_time = threading.RLock()


@contextmanager
def _without_initialisation() -> Iterator[None]:
    """Modules that this thread builds do not compute initial values, of which nothing would be left."""
    builder = threading.get_ident()

    def skip(module: nn.Module, _name: str, _parameter: Any) -> None:
        if threading.get_ident() == builder:
            module.__dict__["reset_parameters"] = _do_nothing

    # torch's hooks are those of the process: there is never more than one of ours.
    with _one_at_a_time:
        hook = register_module_parameter_registration_hook(skip)
        try:
            yield
        finally:
            hook.remove()


def _do_nothing() -> None:
    """In place of an initialisation."""


class _UncheckedGroups(int):
    """A number of groups that a constructor takes for a divisor; the walk then says where it is not one."""

    def __rmod__(self, other: int) -> int:
        return 0


class _WithoutWeights(TorchFunctionMode):
    """Parameters and buffers are made on the meta device, and no initialisation runs. Local to the thread."""

    _creators = frozenset({torch.empty, torch.zeros, torch.ones})
    _initialisers = frozenset(
        {
            Tensor.zero_,
            Tensor.fill_,
            *(value for name, value in vars(nn.init).items() if re.fullmatch(r"[a-z]\w*_", name)),
        }
    )

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in self._creators:
            # Zeros and ones would not be read.
            return torch.empty(*args, **kwargs | {"device": "meta"})
        if func in self._initialisers:
            tensor = args[0] if args else kwargs["tensor"]
            return tensor if tensor.is_meta else func(*args, **kwargs)
        # A list of numbers is what a constructor computes with; a single one is a buffer.
        if func is torch.tensor and not isinstance(args[0], list):
            return func(*args, **kwargs | {"device": "meta"})
        return func(*args, **kwargs)
