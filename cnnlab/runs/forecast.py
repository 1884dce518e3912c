"""How much of a device's memory a run will take, before it begins."""

from typing import TYPE_CHECKING

from cnnlab.training.recipe import Recipe

if TYPE_CHECKING:
    from cnnlab.architectures import NetworkSpec

STATES_PER_WEIGHT = {"sgd": 0, "momentum": 1, "nesterov": 1, "adam": 2, "adamw": 2, "rmsprop": 1}
"""How many numbers torch's optimisers remember for each weight."""

BASE_BYTES = 600 * 2**20
"""What a process takes of a GPU before it computes anything: the driver's context and the libraries' code."""

SPARE = 1.25
"""The allocator's gaps, and the libraries' workspace."""


def forecast_bytes(spec: "NetworkSpec", recipe: Recipe) -> int:
    """Bytes: weights, gradients, the optimiser's memory, and what a batch leaves for the backward pass."""
    from cnnlab.analysis import analyse

    report = analyse(spec)
    copies = 2 + STATES_PER_WEIGHT[recipe.optimizer] + (1 if recipe.ema_decay else 0)
    computed = report.weight_bytes * copies + report.activation_bytes * recipe.batch_size
    return BASE_BYTES + round(SPARE * computed)
