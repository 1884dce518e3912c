"""The learning rate at each step, as a function of the recipe and the step only."""

import math

from cnnlab.training.recipe import Recipe

RISING_SHARE = 0.3
"""One cycle: the share of the steps in which the rate rises."""
FIRST_SHARE, LAST_SHARE = 1 / 25, 1 / 1000
"""One cycle: the first and the last rate, as shares of the highest."""


def learning_rate_at(recipe: Recipe, step: int, total_steps: int) -> float:
    """The learning rate of `step`, counted from 1, of `total_steps`.

    >>> [learning_rate_at(Recipe(learning_rate=1.0, schedule="step"), step, 8) for step in (1, 4, 5, 6, 7, 8)]
    [1.0, 1.0, 0.1, 0.1, 0.01, 0.01]
    """
    done = (step - 1) / total_steps
    risen = min(step / (recipe.warm_up * total_steps), 1.0) if recipe.warm_up else 1.0
    return risen * _scheduled(recipe, done)


def _scheduled(recipe: Recipe, done: float) -> float:
    """The learning rate without the warm-up, after the share `done` of all steps."""
    if recipe.schedule == "constant":
        return recipe.learning_rate
    if recipe.schedule == "step":
        return recipe.learning_rate / (1 if done < 0.5 else 10 if done < 0.75 else 100)
    if recipe.schedule == "cosine":
        return recipe.learning_rate * (1 + math.cos(math.pi * done)) / 2
    if done < RISING_SHARE:
        return recipe.learning_rate * (FIRST_SHARE + (1 - FIRST_SHARE) * done / RISING_SHARE)
    falling = (1 + math.cos(math.pi * (done - RISING_SHARE) / (1 - RISING_SHARE))) / 2
    return recipe.learning_rate * (LAST_SHARE + (1 - LAST_SHARE) * falling)
