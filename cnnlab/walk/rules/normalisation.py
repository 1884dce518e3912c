"""Normalisations: over the batch, groups of channels, one image, or neighbouring channels."""

import math
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from cnnlab.walk.rules.answer import Answer, Kept, ShapesDoNotFit, num_elements
from cnnlab.walk.rules.registry import layer_of, rule_of


def _normalised(x: Tensor, weight: Tensor | None, bias: Tensor | None, extra: Kept) -> Answer:
    return Answer(
        "norm",
        tuple(x.shape),
        (x,) if weight is None else (x, weight),
        keeps="inputs",
        extra=extra,
        weights=num_elements(weight),
        biases=num_elements(bias),
    )


def _check_values(together: int) -> None:
    """A single value minus its mean is 0, whatever the image: torch refuses it for one image, and learns nothing."""
    if together < 2:
        raise ShapesDoNotFit("values", have=together, need=2)


@rule_of(F.batch_norm)
def batch_norm(
    x: Tensor, _mean: Any, _variance: Any, weight: Tensor | None = None, bias: Tensor | None = None, *_: Any, **__: Any
) -> Answer:
    """Keeps a mean and a deviation for each channel, whatever the batch."""
    return _normalised(x, weight, bias, Kept(statistics=2 * x.shape[1]))


layer_of(F.batch_norm, nn.BatchNorm2d, "running_mean", "running_var", "weight", "bias")


@rule_of(F.group_norm)
def group_norm(
    x: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, *_: Any, **__: Any
) -> Answer:
    """Keeps a mean and a deviation for each group of each image; a group needs more than one value."""
    _check_values(x.shape[1] // num_groups * math.prod(x.shape[2:]))
    return _normalised(x, weight, bias, Kept(values=2 * x.shape[0] * num_groups))


@rule_of(F.layer_norm)
def layer_norm(
    x: Tensor, shape: Any, weight: Tensor | None = None, bias: Tensor | None = None, *_: Any, **__: Any
) -> Answer:
    """Keeps a mean and a deviation for each position that is normalised, which needs more than one value."""
    _check_values(math.prod(shape))
    return _normalised(x, weight, bias, Kept(values=2 * math.prod(x.shape[: x.dim() - len(shape)])))


@rule_of(F.local_response_norm)
def local_response_norm(x: Tensor, size: int, *_: Any, **__: Any) -> Answer:
    """torch squares, pads by size - 1 channels, averages, raises to a power and divides: the input, the padded squares,
    the base of the power and its result stay."""
    padded = (x.shape[1] + size - 1) * x.shape[0] * math.prod(x.shape[2:])
    extra = Kept(values=padded + 2 * x.numel())
    return Answer("norm", tuple(x.shape), (x,), keeps="input", extra=extra, num_neighbours=size)
