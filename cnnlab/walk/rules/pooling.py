"""Poolings: a window, a fixed number of cells, or the whole map becomes one value."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnlab.walk.rules.answer import Answer, Keeps, Kept, Pair, Window
from cnnlab.walk.rules.registry import rule_of
from cnnlab.walk.rules.windows import map_sides, pair


@rule_of(F.max_pool2d, torch.max_pool2d)
def max_pool2d(
    x: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    **_: Any,
) -> Answer:
    """Keeps the position of each largest value."""
    stride = kernel_size if stride is None else stride
    window = Window(pair(kernel_size), pair(stride), pair(padding), pair(dilation))
    shape = (*x.shape[:2], *map_sides(x.shape, window, ceil_mode))
    return Answer("pooling", shape, (x,), keeps="input", extra=Kept(indices=math.prod(shape)), window=window)


@rule_of(F.avg_pool2d)
def avg_pool2d(
    x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False, *_: Any, **__: Any
) -> Answer:
    """The mean of each window."""
    stride = kernel_size if stride is None else stride
    window = Window(pair(kernel_size), pair(stride), pair(padding))
    shape = (*x.shape[:2], *map_sides(x.shape, window, ceil_mode))
    return Answer("pooling", shape, (x,), keeps="input", window=window)


def _adaptive_sides(x: Tensor, output_size: Any) -> Pair:
    height, width = pair(output_size)
    return (x.shape[-2] if height is None else height, x.shape[-1] if width is None else width)


@rule_of(F.adaptive_avg_pool2d)
def adaptive_avg_pool2d(x: Tensor, output_size: Any) -> Answer:
    """One cell is a mean over the map, whose backward pass needs only the shape."""
    sides = _adaptive_sides(x, output_size)
    keeps: Keeps = "nothing" if sides == (1, 1) else "input"
    return Answer("pooling", (*x.shape[:2], *sides), (x,), keeps=keeps, is_global=sides == (1, 1))


@rule_of(F.adaptive_max_pool2d)
def adaptive_max_pool2d(x: Tensor, output_size: Any, *_: Any, **__: Any) -> Answer:
    """Keeps the position of each largest value."""
    sides = _adaptive_sides(x, output_size)
    extra = Kept(indices=math.prod((*x.shape[:2], *sides)))
    return Answer("pooling", (*x.shape[:2], *sides), (x,), keeps="input", extra=extra, is_global=sides == (1, 1))


@rule_of(torch.mean, Tensor.mean)
def mean(x: Tensor, dim: Any = None, keepdim: bool = False, *_: Any, **__: Any) -> Answer:
    """Global where it is over both sides of the map."""
    reduced = {axis % x.dim() for axis in ([dim] if isinstance(dim, int) else dim or range(x.dim()))}
    sides = [(1 if axis in reduced else side) for axis, side in enumerate(x.shape) if keepdim or axis not in reduced]
    return Answer("pooling", tuple(sides), (x,), is_global={x.dim() - 2, x.dim() - 1} <= reduced)
