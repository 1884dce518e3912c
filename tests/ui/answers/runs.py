"""Runs with answers, as a worker would have written them down."""

from collections.abc import Sequence

import numpy as np

from cnnlab.lock import FileLock
from cnnlab.runs import Store
from cnnlab.runs.results.answers import evaluated_part
from cnnlab.runs.settings import Settings
from cnnlab.runs.store.answers_file import append_answers
from cnnlab.runs.store.files import answers_file, run_folder, run_lock
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import EpochEnd, Finished, Recipe, Started
from cnnlab.training.answers import Answers, EvaluatedPart
from tests.ui.conftest import submit

_training: list[FileLock] = []
"""The locks of runs that have not ended: without its lock a run is taken for one whose process has died."""

DIGITS = Recipe(dataset="digits", epochs=3)


def answered(
    store: Store,
    name: str = "a run",
    *,
    taken: Sequence[tuple[int, int, int]] = ((4, 9, 8), (4, 9, 4), (4, 9, 2)),
    recipe: Recipe = DIGITS,
    end: bool = True,
) -> str:
    """A run whose answers are right but for one confusion after each epoch: class, answer, and how many of its images.

    Of the images of a class, the first ones are taken for another, the first of them with the highest confidence.
    """
    run_id = submit(store, name, recipe=recipe)
    run_folder(store.folder, run_id).mkdir()
    lock = FileLock(run_lock(store.folder, run_id))
    assert lock.acquire()
    pen = Recorder(store.database, store.folder, run_id)
    assert pen.begin()
    pen.write(Started(device="cpu", num_params=1, steps_per_epoch=1, total_steps=3, num_train=9, num_test=3, notes=()))
    for epoch, (label, answer, count) in enumerate(taken, start=1):
        write_answers(store, run_id, epoch, label, answer, count)
        pen.write(_end_of(epoch))
    if end:
        pen.write(
            Finished(
                state="done",
                test_accuracy=0.9,
                best_test_accuracy=0.9,
                best_epoch=1,
                examples_per_second=9.0,
                device="cpu",
                seconds=1.0,
            )
        )
        lock.release()
    else:
        _training.append(lock)
    return run_id


def write_answers(store: Store, run_id: str, epoch: int, label: int, answer: int, count: int) -> None:
    """The answers after an epoch, of each part that the run has."""
    run = store.run(run_id)
    parts: list[EvaluatedPart] = ["validation", "test"] if run.recipe.validation_share else ["test"]
    found: dict[EvaluatedPart, Answers] = {}
    for part in parts:
        labels = evaluated_part(run, part).labels.numpy()
        classes = labels.astype(np.uint8)
        wrong = np.flatnonzero(labels == label)[:count]
        classes[wrong] = answer
        confidences = np.full(len(labels), 250, np.uint8)
        confidences[wrong] = np.arange(254, 254 - len(wrong), -1)
        found[part] = Answers(classes, confidences)
    most = Settings().answer_megabytes_per_run * 10**6
    append_answers(answers_file(store.folder, run_id), epoch, found, most)


def _end_of(epoch: int) -> EpochEnd:
    return EpochEnd(
        epoch=epoch,
        step=epoch,
        train_loss=1.0,
        train_accuracy=0.5,
        test_loss=1.0,
        test_accuracy=0.9,
        seconds=float(epoch),
        is_best=epoch == 1,
    )
