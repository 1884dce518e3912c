"""How much of a GPU's memory a run will take, before it begins."""

from typing import TYPE_CHECKING

from cnnlab.training.recipe import Recipe

if TYPE_CHECKING:
    from cnnlab.architectures import NetworkSpec

BASE_BYTES = 600 * 2**20
"""What a process takes before it computes anything: the driver's context and the libraries' code."""


def forecast_bytes(spec: "NetworkSpec", recipe: Recipe) -> int:
    """Bytes: those that the process takes anyway, and those of a step."""
    from cnnlab.training.memory import needed_memory

    return BASE_BYTES + needed_memory(spec, recipe)
