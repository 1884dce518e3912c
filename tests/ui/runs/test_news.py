"""The news of a run that a screen reader says: results now and then, and how it ended."""

import pytest

from cnnlab.runs import Store
from cnnlab.runs.run_cache import Snapshot
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import EpochEnd, Finished, Recipe, Started
from cnnlab.ui.runs.news import MOST_RESULTS, news_of
from cnnlab.words.sentence import Sentence
from tests.ui.conftest import submit


def end_epoch(pen: Recorder, epoch: int, accuracy: float) -> None:
    losses = {"train_loss": 1.0, "train_accuracy": 0.5, "test_loss": 1.0}
    pen.write(EpochEnd(epoch=epoch, step=epoch, test_accuracy=accuracy, seconds=1.0, is_best=True, **losses))


@pytest.fixture(autouse=True)
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    # No worker holds the runs' locks here; say that one does.
    monkeypatch.setattr("cnnlab.runs.store.recorder.is_held", lambda _: True)


@pytest.mark.parametrize("epochs", [3, 100])
def test_some_results_and_the_end_are_told(store: Store, epochs: int) -> None:
    run_id = submit(store, "my run", recipe=Recipe(dataset="digits", epochs=epochs))
    pen = Recorder(store.database, store.folder, run_id)

    def news() -> str:
        return news_of(Snapshot(store.run(run_id), store.curve(run_id)))

    assert news() == ""
    pen.begin()
    pen.write(
        Started(device="cpu", num_params=1, steps_per_epoch=1, total_steps=epochs, num_train=9, num_test=3, notes=())
    )
    told = [news()]
    for epoch in range(1, epochs + 1):
        end_epoch(pen, epoch, epoch / (epochs + 1))
        told.append(news())
    assert len(set(told)) == 1 + min(epochs, MOST_RESULTS)
    assert told[-1] == f"my run: epoch {epochs} of {epochs}, {100 * epochs / (epochs + 1):.1f} % right."
    ended = {"test_accuracy": 0.913, "best_test_accuracy": 0.913, "best_epoch": 1, "examples_per_second": 1.0}
    pen.write(
        EpochEnd(
            epoch=epochs + 1,
            step=9,
            train_loss=1.0,
            train_accuracy=0.5,
            test_loss=1.0,
            test_accuracy=0.913,
            seconds=1.0,
            is_best=True,
        )
    )
    pen.write(Finished(state="done", device="cpu", seconds=2.0, **ended))
    assert news() == "my run: done, 91.3 % right."


def test_a_run_that_failed_is_told_with_its_reason(store: Store) -> None:
    run_id = submit(store, "my run")
    pen = Recorder(store.database, store.folder, run_id)
    pen.begin()
    pen.end("failed", Sentence("The loss is not a number."))
    assert news_of(Snapshot(store.run(run_id), store.curve(run_id))) == "my run: failed. The loss is not a number."
