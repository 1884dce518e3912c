"""Runs made comparable: along which axis their curves are drawn, and which differ in nothing but their seeds."""

from collections.abc import Iterable, Sequence
from typing import Literal

from cnnlab.runs.run import Run

Axis = Literal["steps", "epochs", "seconds", "macs"]


def along(run: Run, axis: Axis, steps: Sequence[float], seconds: Sequence[float]) -> list[float]:
    """Where the steps of a run, which it had taken after so many seconds, are on that axis.

    MACs are those of its batches, forward and backward.
    """
    if axis == "seconds":
        return list(seconds)
    if axis == "steps" or not run.total_steps:
        return list(steps)
    if axis == "epochs":
        per_epoch = run.total_steps / run.recipe.epochs
        return [step / per_epoch for step in steps]
    from cnnlab.analysis.costs import analyse, training_macs

    each = training_macs(analyse(run.spec)) * run.recipe.batch_size
    return [step * each for step in steps]


def grouped(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs in groups of one network and one recipe, each seed once, in the order of their first ones.

    A run that only repeats another one begins a group of its own.
    """
    groups: list[list[Run]] = []
    for run in runs:
        same = (group for group in groups if _fits(run, group))
        group = next(same, None)
        if group is None:
            groups.append([run])
        else:
            group.append(run)
    return groups


def _fits(run: Run, group: list[Run]) -> bool:
    first = group[0]
    return (
        run.spec == first.spec
        and run.recipe.replace(seed=first.recipe.seed) == first.recipe
        and all(run.recipe.seed != other.recipe.seed for other in group)
    )
