"""Operations that multiply by weights: convolutions and dense layers."""

import math
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnlab.walk.rules.answer import (
    NOTHING_KEPT,
    Answer,
    Keeps,
    Kept,
    Kind,
    Shape,
    ShapesDoNotFit,
    Window,
    num_elements,
)
from cnnlab.walk.rules.registry import layer_of, rule_of
from cnnlab.walk.rules.windows import each_side, in_the_plane, map_sides, pair, window_steps


@rule_of(torch.conv2d)
def convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Answer:
    """x: (N, C, H, W); weight: (out channels, C / groups, kernel height, kernel width)."""
    if x.dim() != 4:
        return NotImplemented
    padding = padding if isinstance(padding, str) else pair(padding)
    # The groups of a skeleton may be an integer that divides everything.
    arguments = (pair(stride), padding, pair(dilation), int(groups))
    return _convolution(tuple(x.shape), tuple(weight.shape), num_elements(bias), *arguments)._replace(
        inputs=(x, weight)
    )


@lru_cache(maxsize=4096)
def _convolution(
    shape: Shape, weight: Shape, num_biases: int, stride: Any, padding: Any, dilation: Any, groups: int
) -> Answer:
    """Of shapes alone: networks repeat the same convolution of the same map."""
    in_channels, (out_channels, _, *kernel) = shape[1], weight
    for channels in (in_channels, out_channels):
        if channels % groups:
            raise ShapesDoNotFit("groups", have=channels, need=groups)
    if weight[1] * groups != in_channels:
        raise ShapesDoNotFit("channels", have=in_channels, need=weight[1] * groups)
    keeps: Keeps = "inputs"
    extra = NOTHING_KEPT
    if padding == "same":
        around = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        padding = tuple(cells // 2 for cells in around)
        if any(cells % 2 for cells in around):
            # torch first copies the map with one row or column more, and keeps the copy.
            shape = (*shape[:2], *(side + cells % 2 for side, cells in zip(shape[2:], around, strict=True)))
            keeps, extra = "nothing", Kept(values=math.prod(shape))
    elif padding == "valid":
        padding = (0, 0)
    window = Window(pair(tuple(kernel)), stride, padding, dilation)
    height, width = map_sides(shape, window)
    kind: Kind = "convolution"
    if groups == in_channels and groups > 1:
        kind = "depthwise"
    elif max(kernel) == 1:
        kind = "pointwise"
    weights = out_channels * (in_channels // groups) * math.prod(kernel)
    return Answer(
        kind,
        (shape[0], out_channels, height, width),
        macs=shape[0] * height * width * weights,
        keeps=keeps,
        extra=extra,
        weights=weights,
        biases=num_biases,
        window=window,
    )


layer_of(torch.conv2d, nn.Conv2d, "weight", "bias", "stride", "padding", "dilation", "groups")


@rule_of(torch.conv1d, torch.conv3d)
def other_convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Answer:
    """x: (N, C, L) or (N, C, D, H, W), as the weights; of its window the last two sides count."""
    if x.dim() != weight.dim() or isinstance(padding, str):
        return NotImplemented
    if weight.shape[1] * groups != x.shape[1]:
        raise ShapesDoNotFit("channels", have=x.shape[1], need=weight.shape[1] * groups)
    settings = [each_side(setting, x.dim() - 2) for setting in (tuple(weight.shape[2:]), stride, padding, dilation)]
    sides = tuple(
        window_steps(side, *axis) for side, axis in zip(x.shape[2:], zip(*settings, strict=True), strict=True)
    )
    return Answer(
        _kind(weight, groups, x.shape[1]),
        (x.shape[0], weight.shape[0], *sides),
        (x, weight),
        macs=x.shape[0] * math.prod(sides) * weight.numel(),
        keeps="inputs",
        weights=weight.numel(),
        biases=num_elements(bias),
        window=in_the_plane(settings),
    )


@rule_of(torch.conv_transpose1d, torch.conv_transpose2d, torch.conv_transpose3d)
def transposed_convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Answer:
    """x: (N, C, ...); weight: (C, out channels / groups, ...). Each value of the input is multiplied by the window."""
    if x.dim() != weight.dim():
        return NotImplemented
    if weight.shape[0] != x.shape[1]:
        raise ShapesDoNotFit("channels", have=x.shape[1], need=weight.shape[0])
    settings = [each_side(setting, x.dim() - 2) for setting in (tuple(weight.shape[2:]), stride, padding, dilation)]
    further = each_side(output_padding, x.dim() - 2)
    sides = [
        (side - 1) * s - 2 * p + d * (k - 1) + more + 1
        for side, k, s, p, d, more in zip(x.shape[2:], *settings, further, strict=True)
    ]
    return Answer(
        _kind(weight, groups, x.shape[1]),
        (x.shape[0], weight.shape[1] * groups, *sides),
        (x, weight),
        macs=x.shape[0] * math.prod(x.shape[2:]) * weight.numel(),
        keeps="inputs",
        weights=weight.numel(),
        biases=num_elements(bias),
        window=in_the_plane(settings),
    )


def _kind(weight: Tensor, groups: int, in_channels: int) -> Kind:
    if groups == in_channels and groups > 1:
        return "depthwise"
    return "pointwise" if max(weight.shape[2:]) == 1 else "convolution"


@rule_of(F.linear)
def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Answer:
    """x: (N, ..., in features); weight: (out features, in features)."""
    if x.shape[-1] != weight.shape[-1]:
        raise ShapesDoNotFit("channels", have=x.shape[-1], need=weight.shape[-1])
    if weight.dim() != 2 or (x.dim() > 2 and not x.is_contiguous()):
        return NotImplemented  # torch may copy the input first
    return Answer(
        "dense",
        (*x.shape[:-1], weight.shape[0]),
        (x, weight),
        macs=x.numel() * weight.shape[0],
        keeps="factors",
        weights=weight.numel(),
        biases=num_elements(bias),
    )
