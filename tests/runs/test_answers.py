"""The answers of a run that has none, as one of an earlier version or one that has not ended an epoch."""

from contextlib import closing
from pathlib import Path

import pytest

from cnnlab.architectures import preset
from cnnlab.runs import NotPossible, open_store
from cnnlab.runs.answers import answers
from cnnlab.runs.store.answers_file import append_answers
from cnnlab.runs.store.files import answers_file, run_folder
from cnnlab.training import Recipe
from tests.runs.store.test_answers_file import made


def test_a_run_without_answers_says_so(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        run = store.submit(preset("lenet5_tutorial"), Recipe(dataset="digits"), name="early", owner="ann")
    with pytest.raises(NotPossible, match=r"The run 'early' has no answers: .* Train it again"):
        answers(run, folder=tmp_path)
    run_folder(tmp_path, run.id).mkdir(parents=True)
    append_answers(answers_file(tmp_path, run.id), 2, {"test": made(7)}, 10**6)
    with pytest.raises(NotPossible, match="answers of epoch 1 are not kept: choose one of 2"):
        answers(run, 1, folder=tmp_path)
    with pytest.raises(NotPossible, match="has no validation images: choose one of test"):
        answers(run, part="validation", folder=tmp_path)
    # Another number of images than the data set has now.
    with pytest.raises(NotPossible, match="evaluated on 7 images and the data set has 355"):
        answers(run, folder=tmp_path)
