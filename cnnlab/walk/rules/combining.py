"""Operations that combine maps (sum, product, concatenation), and padding; and operations that compute nothing."""

from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnlab.walk.rules.answer import Answer, Shape, ShapesDoNotFit
from cnnlab.walk.rules.registry import rule_of


@rule_of(torch.add, Tensor.add, Tensor.add_, Tensor.__add__, Tensor.__radd__, Tensor.__iadd__)
def add(x: Tensor, y: Tensor | float, *_: Any, **__: Any) -> Answer | Tensor:
    """Images of different shapes cannot be added; a number can be added to anything."""
    if not isinstance(y, Tensor):
        # A tensor without dimensions is a counter, such as that of batches in a batch normalisation.
        return Answer("other", tuple(x.shape), (x,)) if x.dim() else x
    return Answer("shortcut", _broadcast(x, y), (x, y))


@rule_of(torch.mul, Tensor.mul, Tensor.mul_, Tensor.__mul__, Tensor.__rmul__, Tensor.__imul__)
def mul(x: Tensor, y: Tensor | float, *_: Any, **__: Any) -> Answer:
    """Each factor's gradient is that of the product times the other factor."""
    if not isinstance(y, Tensor):
        return Answer("other", tuple(x.shape), (x,))
    return Answer("other", _broadcast(x, y), (x, y), keeps="factors")


def _broadcast(x: Tensor, y: Tensor) -> Shape:
    if x.shape == y.shape:
        return tuple(x.shape)
    try:
        return tuple(torch.broadcast_shapes(x.shape, y.shape))  # type: ignore[no-untyped-call]
    except RuntimeError:
        raise ShapesDoNotFit("sum", have=x.shape[-1], need=y.shape[-1]) from None


@rule_of(torch.cat, torch.concat)
def cat(tensors: list[Tensor], dim: int = 0) -> Answer:
    """All sides but that of `dim` must be equal."""
    first, *others = tensors
    axis = dim % first.dim()
    for other in others:
        if other.shape[:axis] != first.shape[:axis] or other.shape[axis + 1 :] != first.shape[axis + 1 :]:
            raise ShapesDoNotFit("join", have=other.shape[-1], need=first.shape[-1])
    length = sum(tensor.shape[axis] for tensor in tensors)
    return Answer("shortcut", (*first.shape[:axis], length, *first.shape[axis + 1 :]), tuple(tensors))


@rule_of(F.pad)
def pad(x: Tensor, pad: Iterable[int], mode: str = "constant", *_: Any, **__: Any) -> Answer:
    """`pad` begins with the last dimension: before, after. Only a constant needs nothing of the input later."""
    if mode != "constant":
        return NotImplemented
    amounts, shape = list(pad), list(x.shape)
    for i in range(len(amounts) // 2):
        shape[-1 - i] += amounts[2 * i] + amounts[2 * i + 1]
    return Answer("shortcut", tuple(shape), (x,))


NO_COMPUTATION = frozenset(
    {
        *(torch.flatten, Tensor.flatten, Tensor.view, Tensor.reshape, torch.reshape, Tensor.__getitem__),
        *(torch.permute, Tensor.permute, torch.transpose, Tensor.transpose, Tensor.contiguous),
        *(torch.chunk, Tensor.chunk, torch.split, Tensor.split, Tensor.expand, Tensor.expand_as, Tensor.clone),
        *(torch.squeeze, Tensor.squeeze, torch.unsqueeze, Tensor.unsqueeze, Tensor.unflatten),
    }
)
"""Operations that view memory differently, or copy it; they need no rule."""

VALUES = frozenset(
    {
        *(Tensor.item, Tensor.tolist, Tensor.__bool__, Tensor.__int__, Tensor.__float__, Tensor.__index__),
        *(torch.nonzero, Tensor.nonzero, torch.masked_select, Tensor.masked_select, torch.unique, Tensor.unique),
        *(Tensor.numpy, torch.is_nonzero, torch.equal, Tensor.equal, torch.allclose, Tensor.allclose),
    }
)
"""Operations whose result, or the shape of it, depends on the values of their inputs."""
