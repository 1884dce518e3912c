"""The learning rate range test: a few steps with increasing rates, until the loss diverges (after Smith 2015)."""

import math
from collections.abc import Generator
from dataclasses import dataclass

from cnnlab.architectures import NetworkSpec
from cnnlab.training.loop import Training
from cnnlab.training.recipe import Recipe

LOWEST, HIGHEST = 1e-5, 10.0
NUM_STEPS = 120
SMOOTHING = 0.9
"""The decay of the exponential moving average of the loss."""
MARGIN = 10.0
"""The suggested rate is the one at the minimum of the loss divided by this: there the loss still falls steeply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangePoint:
    """A step: its learning rate, and the loss before it, smoothed over the steps so far."""

    learning_rate: float
    loss: float


def range_test(spec: NetworkSpec, recipe: Recipe) -> Generator[RangePoint, None, None]:
    """Train a fresh network for a few steps with increasing learning rates, and yield the losses.

    The rates are evenly spaced on a logarithmic scale. Raises what `Training` raises.
    """
    training = Training(spec, recipe.replace(cuda_graph=False, epochs=1))
    mean, weight, lowest = 0.0, 0.0, math.inf
    for step in range(NUM_STEPS):
        rate = LOWEST * (HIGHEST / LOWEST) ** (step / (NUM_STEPS - 1))
        loss = training.probe(rate)
        mean, weight = SMOOTHING * mean + loss, SMOOTHING * weight + 1
        smoothed = mean / weight
        if not math.isfinite(loss) or smoothed > 2 * lowest:  # it diverges
            return
        lowest = min(lowest, smoothed)
        yield RangePoint(learning_rate=rate, loss=smoothed)


def advised_rate(points: list[RangePoint]) -> float | None:
    """A learning rate to start with, to one digit; None if the loss did not fall.

    >>> falling = [RangePoint(learning_rate=10**-k, loss=k / 4) for k in (4, 3, 2, 1)]
    >>> advised_rate([*falling, RangePoint(learning_rate=1.0, loss=3.0)])
    0.01
    """
    if not points:
        return None
    best = min(points, key=lambda point: point.loss)
    if best.loss > 0.98 * points[0].loss:
        return None
    return float(f"{best.learning_rate / MARGIN:.0e}")
