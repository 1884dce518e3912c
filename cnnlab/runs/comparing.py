"""Runs made comparable: along which axis their curves are drawn, and which ones differ only in their seeds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from cnnlab.figures.training.learning_curves import SMOOTHING, Axis, CurveMetric, Series
from cnnlab.runs.run import Curve, Run, name_with_seed
from cnnlab.runs.store.curve import StepValues
from cnnlab.runs.thinning import thinned_indices
from cnnlab.training.events import EpochEnd
from cnnlab.training.recipe import SPLIT
from cnnlab.training.seed_comparison import SeedComparison, compare_seeds


def along(run: Run, axis: Axis, steps: Sequence[float], seconds: Sequence[float]) -> list[float]:
    """Where the steps of a run, which ended after these seconds of computing, are on that axis.

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
    if run.group and first.group:
        return run.group == first.group
    return (
        run.spec == first.spec
        and run.recipe.replace(seed=first.recipe.seed) == first.recipe
        and all(run.recipe.seed != other.recipe.seed for other in group)
    )


def group_name(group: Sequence[Run]) -> str:
    """The name of a run, or of runs that differ in their seeds without the seed."""
    first = group[0]
    return first.name if len(group) == 1 else first.name.removesuffix(name_with_seed("", first.recipe.seed))


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupComparison:
    """What the seeds say of two groups, and which runs have no part in it: they are not done, or saw other images."""

    result: SeedComparison
    unfinished: tuple[Run, ...]
    other_data: tuple[Run, ...]


def compare_groups(first: Sequence[Run], second: Sequence[Run]) -> GroupComparison:
    """Compare two groups by the runs that were trained to their end on the same images in the same split.

    Those are the images of the first one that is done; accuracies on others would not be comparable.
    """
    both = [*first, *second]
    finished = [run for run in both if run.state == "done" and run.test_accuracy is not None]
    same = {run.id for run in finished if _images(run) == _images(finished[0])}
    accuracies = [
        {run.recipe.seed: run.test_accuracy for run in group if run.id in same and run.test_accuracy is not None}
        for group in (first, second)
    ]
    return GroupComparison(
        result=compare_seeds(*accuracies),
        unfinished=tuple(run for run in both if run not in finished),
        other_data=tuple(run for run in finished if run.id not in same),
    )


def on_the_same_images(run: Run, others: Iterable[Run]) -> list[Run]:
    """Those of the others that have the data set and the split of `run`."""
    return [other for other in others if _images(other) == _images(run)]


def _images(run: Run) -> list[object]:
    return [run.recipe.values[field] for field in ("dataset", *SPLIT)]


def series_of(
    group: Sequence[Run],
    curves: Mapping[str, Curve],
    metric: CurveMetric,
    axis: Axis,
    smoothing: float = SMOOTHING,
) -> Series:
    """What a chart shows of a run, or of a group of seeds: the mean over the epochs that all have finished.

    Training values are smoothed over all steps, of which some are shown. Of very many epochs it has some, too, and of
    both the last one always. `curves` has the curve of each run by its id, and of a
    fork's parent if that is shown too: the fork begins at its parent's epoch then.
    """
    all_ends = [_epoch_ends(run, curves) for run in group]
    kept = thinned_indices(min(map(len, all_ends)))
    ends_of_runs = [[ends[i] for i in kept] for ends in all_ends]
    test_x = [
        along(run, axis, [end.step for end in ends], [end.seconds for end in ends])
        for run, ends in zip(group, ends_of_runs, strict=True)
    ]
    tests = [[getattr(end, f"test_{metric}") for end in ends] for ends in ends_of_runs]
    columns = list(zip(*tests, strict=True))
    series = Series(
        name=group_name(group),
        test_x=[fmean(column) for column in zip(*test_x, strict=True)],
        test=[fmean(column) for column in columns],
        last_epoch=ends_of_runs[0][-1].epoch if kept else 0,
    )
    if len(group) > 1:
        return replace(series, low=[min(column) for column in columns], high=[max(column) for column in columns])
    (run,), values = group, StepValues.of(curves[group[0].id])
    validation = [getattr(end, f"validation_{metric}") for end in ends_of_runs[0]]
    return replace(
        series,
        x=along(run, axis, values.points.tolist(), values.seconds.tolist()),
        train=values.smoothed(metric, 0.0),
        smooth=values.smoothed(metric, smoothing),
        validation=[value for value in validation if value is not None],
    )


def _epoch_ends(run: Run, curves: Mapping[str, Curve]) -> list[EpochEnd]:
    parent = curves.get(run.parent or "")
    before = [end for end in parent.epoch_ends if end.epoch == run.parent_epoch] if parent else []
    return [*before, *curves[run.id].epoch_ends]
