"""The file of a run's answers: it grows by an epoch, is read at any, and survives a process that is killed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.runs.store.answers_file import (
    answered_epochs,
    append_answers,
    read_all_answers,
    read_answers,
    rewind_answers,
)
from cnnlab.training.answers import Answers, EvaluatedPart, class_type

LARGE = 10**9
HEADER = 17


def made(count: int, num_classes: int = 10, seed: int = 0) -> Answers:
    random = np.random.default_rng(seed)
    classes = random.integers(0, num_classes, count).astype(class_type(num_classes))
    return Answers(classes, random.integers(0, 256, count).astype(np.uint8))


def same(first: Answers, second: Answers) -> bool:
    return np.array_equal(first.classes, second.classes) and np.array_equal(first.confidences, second.confidences)


@pytest.mark.parametrize("num_classes", [10, 1000])
@pytest.mark.parametrize("parts", [("test",), ("validation", "test")])
def test_what_was_written_is_read(tmp_path: Path, parts: tuple[EvaluatedPart, ...], num_classes: int) -> None:
    path = tmp_path / "answers.bin"
    assert answered_epochs(path) == []
    assert read_answers(path, 1) == read_all_answers(path) == {}
    written = {
        epoch: {part: made(5 + place, num_classes, seed=epoch) for place, part in enumerate(parts)}
        for epoch in (3, 4, 5)
    }
    for epoch, answers in written.items():
        append_answers(path, epoch, answers, LARGE)
    assert answered_epochs(path) == [3, 4, 5]
    for epoch, answers in written.items():
        found = read_answers(path, epoch)
        assert found.keys() == answers.keys()
        assert all(same(found[part], answers[part]) for part in parts)
    assert read_answers(path, 6) == {}
    together = read_all_answers(path)
    assert list(together) == [3, 4, 5]
    for epoch, answers in written.items():
        assert all(same(together[epoch][part], answers[part]) for part in parts)


def test_an_epoch_of_ten_thousand_images_takes_two_bytes_each(tmp_path: Path) -> None:
    append_answers(tmp_path / "a", 1, {"test": made(10_000)}, LARGE)
    assert (tmp_path / "a").stat().st_size == 20_000 + HEADER


@given(cut=st.integers(1, 30))
def test_what_a_killed_process_left_is_overwritten(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("run") / "answers.bin"
    append_answers(path, 1, {"test": made(7)}, LARGE)
    append_answers(path, 2, {"test": made(7, seed=2)}, LARGE)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - cut)
    assert answered_epochs(path) == [1]
    append_answers(path, 2, {"test": made(7, seed=3)}, LARGE)
    assert answered_epochs(path) == [1, 2]
    assert same(read_answers(path, 2)["test"], made(7, seed=3))
    assert path.stat().st_size == 2 * (HEADER + 14)


def test_a_run_that_goes_back_gives_its_answers_again(tmp_path: Path) -> None:
    path = tmp_path / "answers.bin"
    rewind_answers(path, 0)
    for epoch in (1, 2, 3):
        append_answers(path, epoch, {"test": made(4, seed=epoch)}, LARGE)
    rewind_answers(path, 1)
    assert answered_epochs(path) == [1]
    append_answers(path, 2, {"test": made(4, seed=9)}, LARGE)
    assert same(read_answers(path, 2)["test"], made(4, seed=9))
    rewind_answers(path, 0)
    assert answered_epochs(path) == []


def test_a_file_of_another_kind_has_no_epochs(tmp_path: Path) -> None:
    path = tmp_path / "answers.bin"
    path.write_bytes(b"something else, of another program")
    assert answered_epochs(path) == []
    append_answers(path, 1, {"test": made(4)}, LARGE)
    assert answered_epochs(path) == [1]


def test_every_second_epoch_is_left_out_where_there_is_no_room(tmp_path: Path) -> None:
    path, size = tmp_path / "answers.bin", HEADER + 200
    for epoch in range(1, 11):
        append_answers(path, epoch, {"test": made(100, seed=epoch)}, 4 * size)
        assert path.stat().st_size <= 4 * size
    assert answered_epochs(path) == [4, 8, 9, 10]
    assert same(read_answers(path, 8)["test"], made(100, seed=8))
    append_answers(path, 11, {"test": made(100)}, 1)
    assert answered_epochs(path) == [11]
