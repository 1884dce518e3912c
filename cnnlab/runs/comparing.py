"""Runs made comparable: along which axis their curves are drawn, and which ones differ only in their seeds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from cnnlab.figures.training.learning_curves import Axis, CurveMetric, Series
from cnnlab.runs.run import Curve, Run
from cnnlab.runs.thinning import thinned_indices

PASSES = 3
"""Forward once, and backward about twice as much."""


def along(run: Run, axis: Axis, steps: Sequence[float], seconds: Sequence[float]) -> list[float]:
    """Where the steps of a run, which ended after these seconds of computing, are on that axis.

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


def grouped(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs in groups that differ only in their seeds, in the order of their first ones.

    Runs that were submitted together have the id of their group. Others, such as those of earlier stores, are together
    if they have one network and one recipe but for the seed; a run that only repeats another one begins a new group.
    """
    groups: list[list[Run]] = []
    for run in runs:
        group = next((group for group in groups if _belongs(run, group)), None)
        if group is None:
            groups.append([run])
        else:
            group.append(run)
    return groups


def _belongs(run: Run, group: list[Run]) -> bool:
    first = group[0]
    if _group_id(run) and _group_id(first):
        return _group_id(run) == _group_id(first)
    return (
        run.spec == first.spec
        and run.recipe.replace(seed=first.recipe.seed) == first.recipe
        and all(run.recipe.seed != other.recipe.seed for other in group)
    )


def _group_id(run: Run) -> str | None:
    return getattr(run, "group", None)


def name_with_seed(name: str, seed: int) -> str:
    """The name of one run in a group of seeds.

    >>> name_with_seed("lenet5", 3)
    'lenet5, seed 3'
    """
    return f"{name}, seed {seed}"


def group_name(group: Sequence[Run]) -> str:
    """The name of a run, or of runs that differ in their seeds without the seed."""
    first = group[0]
    return first.name if len(group) == 1 else first.name.removesuffix(name_with_seed("", first.recipe.seed))


def series_of(group: Sequence[Run], curves: Mapping[str, Curve], metric: CurveMetric, axis: Axis) -> Series:
    """What a chart shows of a run, or of a group of seeds: the mean over the epochs that all have finished.

    `curves` has the curve of each run by its id, and of a fork's parent if that is shown too.
    """
    of_runs = [_series_of_run(run, curves, metric, axis) for run in group]
    if len(of_runs) == 1:
        return _thinned(of_runs[0])
    tests = list(zip(*(series.test for series in of_runs), strict=False))
    return _thinned(
        Series(
            name=group_name(group),
            test_x=[fmean(column) for column in zip(*(series.test_x for series in of_runs), strict=False)],
            test=[fmean(column) for column in tests],
            low=[min(column) for column in tests],
            high=[max(column) for column in tests],
            last_epoch=min(series.last_epoch for series in of_runs),
        )
    )


def _series_of_run(run: Run, curves: Mapping[str, Curve], metric: CurveMetric, axis: Axis) -> Series:
    """All values of one run; a fork begins at its parent's epoch if the parent is shown too."""
    curve, is_loss = curves[run.id], metric == "loss"
    ends = list(curve.epoch_ends)
    parent = curves.get(run.parent or "")
    if parent is not None:
        ends = [end for end in parent.epoch_ends if end.epoch == run.parent_epoch] + ends
    validation = [end.validation_loss if is_loss else end.validation_accuracy for end in ends]
    return Series(
        name=run.name,
        x=along(run, axis, curve.train_steps, curve.train_seconds),
        train=curve.train_loss if is_loss else curve.train_accuracy,
        test_x=along(run, axis, [end.step for end in ends], [end.seconds for end in ends]),
        test=[end.test_loss if is_loss else end.test_accuracy for end in ends],
        validation=[value for value in validation if value is not None],
        last_epoch=ends[-1].epoch if ends else 0,
    )


def _thinned(series: Series) -> Series:
    """The series with some of its epochs, if there are too many to tell apart."""
    kept = thinned_indices(len(series.test))

    def some(values: Sequence[float]) -> list[float]:
        return [values[i] for i in kept] if values else []

    return replace(
        series,
        test_x=some(series.test_x),
        test=some(series.test),
        validation=some(series.validation),
        low=some(series.low),
        high=some(series.high),
    )
