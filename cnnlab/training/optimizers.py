"""The optimiser that a recipe names."""

from typing import Any

import torch
from torch import nn

from cnnlab.training.recipe import Recipe


def make_optimizer(recipe: Recipe, network: nn.Module) -> torch.optim.Optimizer:
    """torch's optimiser over all parameters, in its fused form where there is one."""
    options: dict[str, Any] = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
    if recipe.optimizer == "rmsprop":
        return torch.optim.RMSprop(network.parameters(), **options)
    options["fused"] = True
    if recipe.optimizer == "adam":
        return torch.optim.Adam(network.parameters(), **options)
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(network.parameters(), **options)
    momentum = 0.0 if recipe.optimizer == "sgd" else recipe.momentum
    nesterov = recipe.optimizer == "nesterov"
    return torch.optim.SGD(network.parameters(), momentum=momentum, nesterov=nesterov, **options)
