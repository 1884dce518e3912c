"""The curves of runs as a table."""

from contextlib import closing
from pathlib import Path

import pytest

from cnnlab.architectures import preset
from cnnlab.runs import Run, Store, UnknownRun, frame, open_store
from cnnlab.runs.results.frame import COLUMNS
from cnnlab.runs.store.housekeeping import compact, delete_run
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import EpochEnd, Recipe, Started, Steps

LOSSES = (4.0, 3.0, 2.0, 1.0)


def recorded(store: Store, name: str, seed: int, validation: float | None) -> Run:
    """A run of two epochs of two steps."""
    run = store.submit(preset("lenet5_tutorial"), Recipe(dataset="digits", epochs=2, seed=seed), name=name, owner="ann")
    pen = Recorder(store.database, store.folder, run.id)
    assert pen.begin()
    pen.write(Started(device="cpu", num_params=1, steps_per_epoch=2, total_steps=4, num_train=9, num_test=3, notes=()))
    pen.write(
        Steps(
            first_step=1,
            losses=LOSSES,
            accuracies=(0.1, 0.2, 0.3, 0.4),
            learning_rate=0.1,
            examples_per_second=9.0,
            seconds=4.0,
        )
    )
    for epoch in (1, 2):
        pen.write(
            EpochEnd(
                epoch=epoch,
                step=2 * epoch,
                train_loss=1.0,
                train_accuracy=0.5,
                validation_loss=validation,
                validation_accuracy=validation,
                test_loss=3.0 / epoch,
                test_accuracy=epoch / 4,
                seconds=2.5 * epoch,
                is_best=True,
            )
        )
    return store.run(run.id)


def test_each_point_of_a_curve_has_a_row(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        first, second = recorded(store, "a", 1, None), recorded(store, "b", 2, 0.5)
    table = frame([first, second], folder=tmp_path)
    assert tuple(table.columns) == COLUMNS
    assert table.groupby("name").size().to_dict() == {"a": 6, "b": 8}
    assert table.groupby("name").seed.first().to_dict() == {"a": 1, "b": 2}
    trained = table[(table.run == first.id) & (table.part == "train")]
    assert trained.loss.tolist() == list(LOSSES)
    assert trained.epoch.tolist() == [0.5, 1.0, 1.5, 2.0]
    tests = table[(table.run == first.id) & (table.part == "test")]
    assert tests[["step", "epoch", "seconds", "loss", "accuracy"]].to_numpy().tolist() == [
        [2.0, 1.0, 2.5, 3.0, 0.25],
        [4.0, 2.0, 5.0, 1.5, 0.5],
    ]
    assert (table[table.part == "validation"].run == second.id).all()


def test_one_run_and_none(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        run = recorded(store, "a", 1, None)
        waiting = store.submit(run.spec, run.recipe, name="waiting", owner="ann")
    assert len(frame(run, folder=tmp_path)) == 6
    assert len(frame(run, folder=tmp_path, max_points=2).query("part == 'train'")) <= 2
    for empty in (frame([], folder=tmp_path), frame(waiting, folder=tmp_path)):
        assert tuple(empty.columns) == COLUMNS
        assert empty.empty
    with closing(open_store(tmp_path)) as store:
        delete_run(store, waiting.id)
        compact(store)
    with pytest.raises(UnknownRun):
        frame(waiting, folder=tmp_path)
