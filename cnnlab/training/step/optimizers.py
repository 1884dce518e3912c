"""The optimizer of a recipe, and its state."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from cnnlab.training.recipe import Recipe


def make_optimizer(recipe: Recipe, network: nn.Module, *, capturable: bool = False) -> torch.optim.Optimizer:
    """torch's optimizer over all parameters, in its fused form where there is one.

    If its steps are to be `capturable` in a CUDA graph, its learning rate is a tensor on the device, which the graph
    reads at each replay.
    """
    options: dict[str, Any] = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
    if capturable:
        options["lr"] = torch.tensor(recipe.learning_rate, device=next(network.parameters()).device)
    parameters = network.parameters()
    match recipe.optimizer:
        case "rmsprop":
            return torch.optim.RMSprop(parameters, capturable=capturable, **options)
        case "adam":
            return torch.optim.Adam(parameters, fused=True, capturable=capturable, **options)
        case "adamw":
            return torch.optim.AdamW(parameters, fused=True, capturable=capturable, **options)
    momentum = 0.0 if recipe.optimizer == "sgd" else recipe.momentum
    nesterov = recipe.optimizer == "nesterov"
    return torch.optim.SGD(parameters, momentum=momentum, nesterov=nesterov, fused=True, **options)


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of the next step, a number or a tensor on the device."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def optimizer_state(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's tensors for each parameter, by the parameter's number and torch's name: "0.momentum_buffer"."""
    state: dict[int, dict[str, Any]] = optimizer.state_dict()["state"]
    return {
        f"{number}.{name}": value
        for number, values in state.items()
        for name, value in values.items()
        if isinstance(value, Tensor)
    }


def load_optimizer_state(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Replace the optimizer's state by tensors of `optimizer_state`."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for path, value in tensors.items():
        number, _, name = path.partition(".")
        parameter = parameters[int(number)]
        # Fused steps iterate over memory, so the state needs the memory format of its parameter.
        like = torch.empty_like(parameter).copy_(value) if value.shape == parameter.shape else value.clone()
        state.setdefault(int(number), {})[name] = like
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
