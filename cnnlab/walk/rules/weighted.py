"""Operations that multiply by weights: convolutions and dense layers."""

import math
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnlab.walk.rules.answer import Answer, Kind, Shape, ShapesDoNotFit, Window, num_elements
from cnnlab.walk.rules.registry import layer_of, rule_of
from cnnlab.walk.rules.windows import map_sides, pair


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
    if padding == "same":
        padding = tuple(d * (k - 1) // 2 for d, k in zip(dilation, kernel, strict=True))
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
        macs=height * width * weights,
        keeps="input",
        weights=weights,
        biases=num_biases,
        window=window,
    )


layer_of(torch.conv2d, nn.Conv2d, "weight", "bias", "stride", "padding", "dilation", "groups")


@rule_of(F.linear)
def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Answer:
    """x: (N, ..., in features); weight: (out features, in features)."""
    return Answer(
        "dense",
        (*x.shape[:-1], weight.shape[0]),
        (x, weight),
        macs=math.prod(x.shape[1:]) * weight.shape[0],
        keeps="input",
        weights=weight.numel(),
        biases=num_elements(bias),
    )
