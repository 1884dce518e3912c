"""What a curve can be drawn over: steps, epochs, seconds of computing, or the multiply-accumulates spent."""

from collections.abc import Sequence
from typing import Literal

from cnnlab.runs.run import Run

Axis = Literal["steps", "epochs", "seconds", "macs"]

PASSES = 3
"""Forward once, and backward about twice as much."""


def along(run: Run, axis: Axis, steps: Sequence[float], seconds: Sequence[float]) -> list[float]:
    """Where the steps of a run, which it had taken after so many seconds, are on that axis.

    MACs are those of its batches, forward and backward, by the usual rule that backward costs twice as much.
    """
    if axis == "seconds":
        return list(seconds)
    if axis == "steps" or not run.total_steps:
        return list(steps)
    if axis == "epochs":
        per_epoch = run.total_steps / run.recipe.epochs
        return [step / per_epoch for step in steps]
    from cnnlab.analysis import analyse

    each = PASSES * analyse(run.spec).macs * run.recipe.batch_size
    return [step * each for step in steps]
