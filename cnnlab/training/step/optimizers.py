"""The optimiser that a recipe names."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from cnnlab.training.recipe import Recipe


def make_optimizer(recipe: Recipe, network: nn.Module, *, recorded: bool = False) -> torch.optim.Optimizer:
    """torch's optimiser over all parameters, in its fused form where there is one.

    One whose steps are `recorded` has its learning rate on the device, where a recording finds the new one each time.
    """
    options: dict[str, Any] = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
    if recorded:
        options["lr"] = torch.tensor(recipe.learning_rate, device=next(network.parameters()).device)
    if recipe.optimizer == "rmsprop":
        return torch.optim.RMSprop(network.parameters(), capturable=recorded, **options)
    options["fused"] = True
    if recipe.optimizer in ("adam", "adamw"):
        options["capturable"] = recorded
    if recipe.optimizer == "adam":
        return torch.optim.Adam(network.parameters(), **options)
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(network.parameters(), **options)
    momentum = 0.0 if recipe.optimizer == "sgd" else recipe.momentum
    nesterov = recipe.optimizer == "nesterov"
    return torch.optim.SGD(network.parameters(), momentum=momentum, nesterov=nesterov, **options)


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Let the next step have this learning rate, wherever the optimiser keeps it."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def remembered(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What the optimiser remembers of each parameter, by the parameter's number and torch's name for it."""
    state: dict[int, dict[str, Any]] = optimizer.state_dict()["state"]
    return {
        f"{number}.{name}": value
        for number, values in state.items()
        for name, value in values.items()
        if isinstance(value, Tensor)
    }


def take_remembered(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Let the optimiser remember that instead."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for path, value in tensors.items():
        number, _, name = path.partition(".")
        parameter = parameters[int(number)]
        # Fused steps go through memory in its order, so that it must lie as the parameter does.
        like = torch.empty_like(parameter).copy_(value) if value.shape == parameter.shape else value.clone()
        state.setdefault(int(number), {})[name] = like
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
