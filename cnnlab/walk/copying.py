"""A copy of any module on the meta device, for a pass that must not touch the module, its weights or its buffers."""

import copy
from typing import Any

import torch
from torch import Tensor, nn


def meta_copy(module: nn.Module) -> nn.Module:
    """The module with tensors that have shapes and no values; the weights are not read, and no memory is taken.

    Hooks of others are left out: they would see tensors without values. Those of `torch.nn.utils`, which compute
    weights, stay.
    """
    memo: dict[int, Any] = {}
    for part in module.modules():
        for value in (*part._parameters.values(), *part._buffers.values(), *vars(part).values()):
            if isinstance(value, Tensor) and id(value) not in memo:
                memo[id(value)] = _without_values(value)
    # The copy of a tensor keeps its original alive until then: no other tensor gets its number.
    copied = copy.deepcopy(module, memo)
    for part in copied.modules():
        for name in ("_forward_hooks", "_forward_pre_hooks"):
            hooks = getattr(part, name)
            for key, hook in list(hooks.items()):
                if not type(hook).__module__.startswith("torch.nn.utils"):
                    del hooks[key]
        part._backward_hooks.clear()
        part._backward_pre_hooks.clear()
    return copied


def _without_values(tensor: Tensor) -> Tensor:
    empty = torch.empty_like(tensor, device="meta", requires_grad=False)
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(empty, requires_grad=tensor.requires_grad)
    return empty
