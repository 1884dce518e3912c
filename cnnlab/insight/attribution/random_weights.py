"""The same network with random weights, which has learned nothing."""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

FIRST_SEED = 2**31
"""Added to the seed: with the seed that the network was initialised with, the weights would be those it began with.

Of a larger number torch ignores all but the last 32 bits."""


@torch.no_grad()
def with_random_weights(network: nn.Module, seed: int) -> nn.Module:
    """A copy of the network with new weights, as torch initialises each module by default.

    Statistics of batch normalisations are those before training. Parameters that a module makes without a default
    initialisation are shuffled. The global random state is not touched.
    """
    renewed = copy.deepcopy(network).cpu()
    generator = torch.Generator().manual_seed(FIRST_SEED + seed)
    with _DrawnFrom(generator):
        for module in renewed.modules():
            reset = getattr(module, "reset_parameters", None) or getattr(module, "_reset_parameters", None)
            if reset is not None:
                reset()
                continue
            for parameter in module.parameters(recurse=False):
                order = torch.randperm(parameter.numel(), generator=generator)
                parameter.copy_(parameter.flatten()[order].view_as(parameter))
    return renewed.to(next(network.parameters(), torch.empty(0)).device)


class _DrawnFrom(TorchFunctionMode):
    """Random initial values come from this generator instead of the global one."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self._generator = generator

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if "generator" in kwargs or func in (Tensor.uniform_, Tensor.normal_):
            kwargs["generator"] = self._generator
        return func(*args, **kwargs)
