"""What torch itself finds of an operation that has no rule: its result, its work, and what its backward pass needs.

The operation runs on tensors without values, under torch's formulas for floating-point operations and its hooks on what
autograd saves. That is exact, and takes about a hundred times as long as a rule.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode

from cnnlab.walk.operators import MOVING, WITHOUT_PRODUCTS


class Finding(NamedTuple):
    """What torch finds of one operation: `saved` is what autograd keeps of it, `computes` is false where it only moves
    values, and `is_counted` where the multiply-accumulates may be more than `macs`."""

    result: Any
    macs: int
    saved: tuple[Tensor, ...]
    computes: bool
    is_counted: bool


def ask_torch(func: Callable[..., Any], args: Any, kwargs: Any, needs_gradient: Callable[[Tensor], bool]) -> Finding:
    """The operation on these arguments, of which some tensors are on the meta device."""
    saved: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        saved.append(tensor.detach())
        return tensor

    def given(tensor: Tensor) -> Tensor:
        if not tensor.is_meta:
            # What the network computed with values, such as a table of positions. A single number can stay.
            return torch.empty_like(tensor, device="meta") if tensor.dim() else tensor
        if tensor.is_floating_point() and needs_gradient(tensor):
            tracked = _Tracked.apply(tensor.detach().requires_grad_())
            assert isinstance(tracked, Tensor)
            return tracked
        return tensor.detach()

    with torch.enable_grad():
        args, kwargs = mapped(args, given), mapped(kwargs, given)
        with saved_tensors_hooks(pack, lambda tensor: tensor), _Counting() as counting:
            result = func(*args, **kwargs)
    return Finding(
        result=mapped(result, Tensor.detach),
        macs=counting.flops // 2,
        saved=tuple(saved),
        computes=counting.computes,
        is_counted=counting.is_counted,
    )


def mapped(value: Any, change: Callable[[Tensor], Any]) -> Any:
    """The value with its tensors changed, those in lists, tuples and dictionaries too."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, list | tuple):
        parts = [mapped(part, change) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if isinstance(value, dict):
        return {key: mapped(part, change) for key, part in value.items()}
    return value


def tensors_in(value: Any) -> list[Tensor]:
    """The tensors of a value, those in lists, tuples and dictionaries too, in their order."""
    found: list[Tensor] = []
    mapped(value, found.append)
    return found


class _Tracked(torch.autograd.Function):
    """A tensor of the same storage that has a history: operations in place refuse one without."""

    @staticmethod
    def forward(_ctx: Any, tensor: Tensor) -> Tensor:
        return tensor.detach()

    @staticmethod
    def backward(_ctx: Any, gradient: Tensor) -> Tensor:
        return gradient


class _Counting(TorchDispatchMode):
    """Adds up torch's formulas for the operators that an operation comes down to."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flops, self.computes, self.is_counted = 0, False, True

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        from torch.utils.flop_counter import flop_registry

        kwargs = kwargs or {}
        operator = getattr(func, "_overloadpacket", func)
        formula = flop_registry.get(operator)
        if formula is None and isinstance(func, torch._ops.OpOverload):
            with self:
                result = func.decompose(*args, **kwargs)
            if result is not NotImplemented:
                return result
        result = func(*args, **kwargs)
        if formula is not None:
            self.flops += formula(*args, **kwargs, out_val=result)
            self.computes = True
        elif not _only_moves(func):
            self.computes = True
            self.is_counted &= _has_no_products(func)
        return result


def _name(func: Any) -> str:
    return func._schema.name.removeprefix("aten::") if isinstance(func, torch._ops.OpOverload) else str(func)


def _only_moves(func: Any) -> bool:
    is_view = getattr(func, "is_view", False) or torch.Tag.inplace_view in getattr(func, "tags", ())
    return is_view or _name(func) in MOVING


def _has_no_products(func: Any) -> bool:
    tags = getattr(func, "tags", ())
    return torch.Tag.pointwise in tags or torch.Tag.reduction in tags or _name(func).rstrip("_") in WITHOUT_PRODUCTS
