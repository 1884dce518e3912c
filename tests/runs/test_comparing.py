"""Runs that differ only in their seeds, as groups and as series of a chart."""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cnnlab.architectures import preset
from cnnlab.figures.training.learning_curves import SMOOTHING, smoothed
from cnnlab.runs import Curve, Run, open_store
from cnnlab.runs.comparing import group_name, grouped, series_of
from cnnlab.runs.run import MAX_POINTS, name_with_seed
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import EpochEnd, Finished, Recipe, Steps

SPEC = preset("lenet5_tutorial")


def test_seeds_belong_together_and_other_changes_apart(tmp_path: Path) -> None:
    store = open_store(tmp_path)

    def submit(name: str, **changes: object) -> None:
        store.submit(SPEC, Recipe(**changes), name=name, owner="somebody")  # type: ignore[arg-type]

    submit("a", seed=0)
    submit("b", seed=0, epochs=5)
    submit("c", seed=1)
    submit("again", seed=1)
    groups = grouped(reversed(store.runs()))
    assert [[run.name for run in group] for group in groups] == [["a", "c"], ["b"], ["again"]]
    store.close()


def run(run_id: str, *, group: str | None = None, parent: str | None = None, **recipe: object) -> Any:
    """What is read of a run to compare it: one of ten steps."""
    made = Recipe(**recipe)  # type: ignore[arg-type]
    return SimpleNamespace(
        id=run_id,
        name=name_with_seed("x", made.seed),
        group=group,
        spec=SPEC,
        recipe=made,
        total_steps=10,
        parent=parent,
        parent_epoch=parent and 1,
    )


def curve(*ends: EpochEnd) -> Curve:
    return Curve(
        train_steps=(1.0, 2.0),
        train_seconds=(0.5, 1.0),
        train_loss=(2.0, 1.0),
        train_accuracy=(0.1, 0.2),
        epoch_ends=ends,
    )


def test_runs_that_were_submitted_together_are_a_group_whatever_their_recipe() -> None:
    together = [run("a", group="g", seed=0), run("b", group="g", seed=0, epochs=9)]
    other, single = run("c", group="h", seed=1), run("d", seed=2)
    assert grouped([*together, other]) == [together, [other]]
    assert grouped([other, single]) == [[other, single]]


def test_a_group_has_the_name_of_its_runs_without_the_seed() -> None:
    runs = [run("a", seed=3), run("b", seed=4)]
    assert group_name(runs) == "x"
    assert group_name(runs[:1]) == "x, seed 3"
    runs[0].name = "renamed, seed 30"
    assert group_name(runs) == "renamed, seed 30"


def test_a_group_is_the_mean_over_the_epochs_that_all_have_finished() -> None:
    runs = [run("a", seed=0), run("b", seed=1), run("c", seed=2)]
    accuracies = {"a": (0.5, 0.8), "b": (0.7, 0.9), "c": (0.6,)}
    curves = {
        run_id: curve(*(end(i, step=5 * i, test_accuracy=value) for i, value in enumerate(values, start=1)))
        for run_id, values in accuracies.items()
    }
    series = series_of(runs, curves, "accuracy", "steps")
    assert (series.name, series.train, series.test_x, series.test) == ("x", (), [5], [pytest.approx(0.6)])
    assert (series.low, series.high, series.last_epoch) == ([0.5], [0.7], 1)
    none_yet = series_of(runs, {**curves, "c": curve()}, "loss", "steps")
    assert (none_yet.test, none_yet.low, none_yet.last_epoch) == ([], [], 0)


def test_a_run_is_placed_along_each_axis() -> None:
    curves = {"a": curve(end(1, step=2, seconds=1.25))}
    places = {axis: series_of([run("a", epochs=5)], curves, "loss", axis) for axis in ("steps", "epochs", "seconds")}
    assert {axis: (list(series.x), series.test_x) for axis, series in places.items()} == {
        "steps": ([1, 2], [2]),
        "epochs": ([0.5, 1], [1]),
        "seconds": ([0.5, 1], [1.25]),
    }
    macs = series_of([run("a", batch_size=4)], curves, "loss", "macs")
    assert macs.x[1] == macs.test_x[0] == 2 * macs.x[0]


def test_a_fork_begins_where_its_parent_was_if_that_is_shown_too() -> None:
    parent, fork = curve(end(1, step=5, test_loss=2.0), end(2, step=10)), curve(end(2, step=10, test_loss=1.0))
    forked = run("f", parent="p")
    beside = series_of([forked], {"p": parent, "f": fork}, "loss", "steps")
    assert (beside.test_x, beside.test, beside.last_epoch) == ([5, 10], [2.0, 1.0], 2)
    assert series_of([forked], {"f": fork}, "loss", "steps").test_x == [10]


def test_of_very_many_epochs_some_are_kept_and_the_last_one_always() -> None:
    ends = [end(n, step=n, test_loss=1 / n, validation_loss=1 / n) for n in range(1, 1001)]
    series = series_of([run("a")], {"a": curve(*ends)}, "loss", "steps")
    assert MAX_POINTS / 2 < len(series.test) <= MAX_POINTS + 1
    assert (series.test_x[-1], series.last_epoch) == (1000, 1000)
    assert series.test == series.validation == [1 / n for n in series.test_x]


def end(epoch: int, **values: float) -> EpochEnd:
    usual = {"step": epoch, "train_loss": 1.0, "train_accuracy": 0.5, "test_loss": 1.0, "test_accuracy": 0.5}
    return EpochEnd(**{"epoch": epoch, "seconds": 1.0, "is_best": False, **usual, **values})  # type: ignore[arg-type]


def test_validation_and_last_notes_are_kept(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    run_id = store.submit(SPEC, Recipe(), name="x", owner="somebody").id
    record = Recorder(store.database, store.folder, run_id)
    assert record.begin()
    record.write(end(1, validation_loss=0.25, validation_accuracy=0.75))
    record.write(
        Finished(
            state="done",
            test_accuracy=0.5,
            best_test_accuracy=0.5,
            best_epoch=1,
            examples_per_second=1.0,
            device="cpu",
            seconds=1.0,
            notes=("Stopped early.",),
        )
    )
    (kept,) = store.curve(run_id).epoch_ends
    assert (kept.validation_loss, kept.validation_accuracy) == (0.25, 0.75)
    assert store.run(run_id).notes == ("Stopped early.",)
    store.close()


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Callable[..., tuple[Run, Curve]]]:
    """Records a run of these losses, so many in a row, and reads it."""
    store = open_store(tmp_path)

    def record(losses: Sequence[float], per_row: int) -> tuple[Run, Curve]:
        made = store.submit(SPEC, Recipe(), owner="somebody")
        pen = Recorder(store.database, store.folder, made.id)
        for first in range(0, len(losses), per_row):
            some = tuple(losses[first : first + per_row])
            pen.write(
                Steps(
                    first_step=first + 1,
                    losses=some,
                    accuracies=some,
                    learning_rate=0.1,
                    examples_per_second=9.0,
                    seconds=float(first + len(some)),
                )
            )
        return made, store.curve(made.id)

    yield record
    store.close()


def test_the_same_losses_have_the_same_curve_however_long_the_training_is(
    recorded: Callable[..., tuple[Run, Curve]],
) -> None:
    chance = random.Random(0)
    losses = [2.3 / (1 + step / 20) + chance.random() / 5 for step in range(1, 4711)]
    short, long = (recorded(losses[:count], 37) for count in (471, 4710))
    drawn = []
    for made, measured in (short, long):
        series = series_of([made], {made.id: measured}, "loss", "steps")
        drawn.append(dict(zip(series.x, zip(series.train, series.smooth, strict=True), strict=True)))
    common = sorted(drawn[0].keys() & drawn[1].keys())
    assert len(common) > 20
    assert [drawn[0][x] for x in common] == [pytest.approx(drawn[1][x]) for x in common]
    exact = smoothed(losses, SMOOTHING)
    assert [values[1] for values in drawn[1].values()] == pytest.approx([exact[int(x) - 1] for x in drawn[1]], rel=1e-3)
    assert [values[0] for values in drawn[1].values()] == pytest.approx([losses[int(x) - 1] for x in drawn[1]])
