"""The answers of a run that has none, as one of an earlier version or one that has not ended an epoch."""

from contextlib import closing
from pathlib import Path

import pytest

from cnnlab.architectures import preset
from cnnlab.runs import NotPossible, open_store
from cnnlab.runs.results.answers import all_answers, answers
from cnnlab.runs.store.answers_file import append_answers
from cnnlab.runs.store.files import answers_file, run_folder
from cnnlab.training import Recipe
from cnnlab.training.answers import EvaluatedPart
from tests.runs.store.test_answers_file import made
from tests.unwritable import unreadable


def test_a_run_without_answers_says_so(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        run = store.submit(preset("lenet5_tutorial"), Recipe(dataset="digits"), name="early", owner="ann")
    for read in (answers, all_answers):
        with pytest.raises(NotPossible, match=r"The run 'early' has no answers: .* Train it again"):
            read(run, folder=tmp_path)
    run_folder(tmp_path, run.id).mkdir(parents=True)
    append_answers(answers_file(tmp_path, run.id), 2, {"test": made(7)}, 10**6)
    with pytest.raises(NotPossible, match="answers of epoch 1 are not kept: choose one of 2"):
        answers(run, 1, folder=tmp_path)
    for read in (answers, all_answers):
        with pytest.raises(NotPossible, match="has no validation images: choose one of test"):
            read(run, part="validation", folder=tmp_path)
        # Another number of images than the data set has now.
        with pytest.raises(NotPossible, match="evaluated on 7 images and the data set has 355"):
            read(run, folder=tmp_path)


def test_a_file_that_cannot_be_read_has_a_sentence(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        run = store.submit(preset("lenet5_tutorial"), Recipe(dataset="digits"), name="shut", owner="ann")
    run_folder(tmp_path, run.id).mkdir(parents=True)
    append_answers(answers_file(tmp_path, run.id), 1, {"test": made(355)}, 10**6)
    for read in (answers, all_answers):
        with (
            unreadable(answers_file(tmp_path, run.id)),
            pytest.raises(NotPossible, match=r"answers of the run 'shut' cannot be read .* train it again"),
        ):
            read(run, folder=tmp_path)


def test_epochs_about_other_images_are_left_out(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        run = store.submit(preset("lenet5_tutorial"), Recipe(dataset="digits"), name="resumed", owner="ann")
    run_folder(tmp_path, run.id).mkdir(parents=True)
    for epoch, count in ((1, 300), (2, 355), (3, 355)):
        append_answers(answers_file(tmp_path, run.id), epoch, {"test": made(count)}, 10**6)
    assert all_answers(run, folder=tmp_path).epochs == (2, 3)


def test_all_epochs_are_read_at_once(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        run = store.submit(
            preset("lenet5_tutorial"), Recipe(dataset="digits", validation_share=0.2), name="a run", owner="ann"
        )
    run_folder(tmp_path, run.id).mkdir(parents=True)
    counts: dict[EvaluatedPart, int] = {"validation": 288, "test": 355}
    for epoch in (2, 4):
        made_answers = {part: made(count, seed=epoch + count) for part, count in counts.items()}
        append_answers(answers_file(tmp_path, run.id), epoch, made_answers, 10**6)
    for part, count in counts.items():
        found = all_answers(run, part=part, folder=tmp_path)
        assert found.epochs == (2, 4)
        for i, epoch in enumerate(found.epochs):
            wanted, table = made(count, seed=epoch + count), answers(run, epoch, part=part, folder=tmp_path)
            assert found.labels.tolist() == table.label.tolist()
            assert found.answers[i].tolist() == wanted.classes.tolist() == table.answer.tolist()
            assert found.confidences[i].tolist() == wanted.confidences.tolist()
