"""Runs that differ only in their seeds; what validation says is kept."""

from pathlib import Path

from cnnlab.architectures import preset
from cnnlab.runs import open_store
from cnnlab.runs.comparing import grouped
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import EpochEnd, Finished, Recipe

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


def end(epoch: int, **more: float) -> EpochEnd:
    return EpochEnd(
        epoch=epoch,
        step=epoch,
        train_loss=1.0,
        train_accuracy=0.5,
        test_loss=1.0,
        test_accuracy=0.5,
        seconds=1.0,
        is_best=False,
        **more,
    )


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
