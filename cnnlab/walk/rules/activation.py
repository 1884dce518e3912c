"""Activations, and dropout: each value for itself."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnlab.walk.rules.answer import Answer, Kept
from cnnlab.walk.rules.registry import layer_of, rule_of


@rule_of(F.relu, torch.relu, torch.relu_, torch.sigmoid, torch.tanh, F.softmax, torch.softmax)
def activation_from_output(x: Tensor, *_: Any, **__: Any) -> Answer:
    """Its derivative is computed from its output."""
    return Answer("activation", tuple(x.shape), (x,), keeps="output")


@rule_of(F.leaky_relu, F.gelu, F.silu, F.relu6, F.hardtanh, F.hardswish, F.hardsigmoid)
def activation_from_input(x: Tensor, *args: Any, **kwargs: Any) -> Answer:
    """Its derivative is computed from its input, which an activation in place overwrites."""
    if any(argument is True for argument in (*args, *kwargs.values())):
        return NotImplemented
    return Answer("activation", tuple(x.shape), (x,), keeps="input")


layer_of(F.relu, nn.ReLU)
layer_of(torch.sigmoid, nn.Sigmoid)
layer_of(F.hardtanh, nn.ReLU6)
layer_of(F.hardswish, nn.Hardswish)
layer_of(F.hardsigmoid, nn.Hardsigmoid)
layer_of(F.silu, nn.SiLU)


@rule_of(F.dropout)
def dropout(x: Tensor, p: float = 0.5, training: bool = True, *_: Any, **__: Any) -> Answer | Tensor:
    """Keeps a mask of the size of its input; does nothing in eval mode."""
    if not training or p == 0:
        return x
    return Answer("other", tuple(x.shape), (x,), extra=Kept(values=x.numel()))
