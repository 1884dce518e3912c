"""The optimizers, and the state that each keeps for a weight."""

from typing import Literal

OptimizerKind = Literal["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"]

STATES_PER_WEIGHT: dict[str, int] = {
    "sgd": 0,
    "momentum": 1,
    "nesterov": 1,
    "adam": 2,
    "adamw": 2,
    "rmsprop": 1,
}
"""How many numbers torch's optimizers keep for each weight: momentum the last step, RMSprop the mean square of the
gradients, Adam that and their mean."""
