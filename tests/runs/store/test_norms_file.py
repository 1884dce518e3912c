"""The file of a run's norms: it grows by a measurement, is rewound with the run, and stays small and even."""

from pathlib import Path

import numpy as np
import pytest

from cnnlab.runs.store.norms_file import append_norms, norms_records, read_norms
from cnnlab.training.events import TensorNorms

LARGE = 10**9
RECORD = 20 + 2 * 4 * 3


def made(step: int) -> TensorNorms:
    return TensorNorms(step=step, gradients=(step + 0.5, 0.0, float("inf")), weights=(1.0, 2.0, 3.0))


def write(path: Path, steps: range, max_bytes: int = LARGE) -> None:
    file = norms_records(path)
    for step in steps:
        append_norms(file, made(step), seconds=step / 10, max_bytes=max_bytes)


def test_what_was_measured_is_read(tmp_path: Path) -> None:
    path = tmp_path / "norms.bin"
    assert read_norms(path) is None
    write(path, range(1, 40, 13))
    found = read_norms(path)
    assert found is not None
    assert found.steps.tolist() == [1, 14, 27]
    assert found.seconds == pytest.approx([0.1, 1.4, 2.7])
    assert found.values.shape == (3, 2, 3)
    assert found.values[1].tolist() == [[14.5, 0.0, float("inf")], [1.0, 2.0, 3.0]]
    assert path.stat().st_size == 3 * RECORD


def test_some_of_many_are_read_and_the_last_one(tmp_path: Path) -> None:
    write(tmp_path / "norms.bin", range(1, 100))
    found = read_norms(tmp_path / "norms.bin", max_points=10)
    assert found is not None
    assert found.steps.tolist() == [16, 32, 48, 64, 80, 96, 99]


def test_another_process_goes_on_where_one_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "norms.bin"
    write(path, range(1, 4))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 5)
    write(path, range(3, 5))
    found = read_norms(path)
    assert found is not None
    assert found.steps.tolist() == [1, 2, 3, 4]


def test_a_run_that_goes_back_is_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "norms.bin"
    file = norms_records(path)
    file.rewind(0)
    assert not path.exists()
    write(path, range(1, 10))
    file.rewind(4)
    append_norms(file, made(6), 1.0, LARGE)
    found = read_norms(path)
    assert found is not None
    assert found.steps.tolist() == [1, 2, 3, 4, 6]


def test_a_long_run_keeps_measurements_that_are_evenly_apart(tmp_path: Path) -> None:
    path = tmp_path / "norms.bin"
    write(path, range(5, 5000, 5), max_bytes=50 * RECORD)
    assert path.stat().st_size <= 50 * RECORD
    found = read_norms(path)
    assert found is not None
    assert found.steps[-1] == 4995
    gaps = np.diff(found.steps)
    assert len(gaps) > 20
    assert gaps.max() <= 2 * np.median(gaps)


@pytest.mark.parametrize("content", [b"", b"nrm1", b"something of another program", b"nrm1" + b"\xff" * 40])
def test_a_file_of_another_kind_has_no_norms(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "norms.bin"
    path.write_bytes(content)
    assert read_norms(path) is None
    write(path, range(1, 3))
    found = read_norms(path)
    assert found is not None
    assert found.steps.tolist() == [1, 2]
