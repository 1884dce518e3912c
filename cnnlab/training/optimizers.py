"""The optimiser that a recipe names."""

from typing import Any

import torch
from torch import nn

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
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate
