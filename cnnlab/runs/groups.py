"""Runs that differ in nothing but their seeds belong together: what lies between them is chance."""

from collections.abc import Iterable

from cnnlab.runs.run import Run


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
