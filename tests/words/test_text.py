"""Every text can be printed, whatever the encoding of the terminal."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cnnlab.words.text import PLAIN
from tests.cli.commands import ROOT


@given(some.text(), some.sampled_from(["ascii", "cp1252", "cp437", "latin-1", "utf-8"]))
def test_any_text_is_written_in_any_encoding(text: str, encoding: str) -> None:
    assert isinstance(text.encode(encoding, PLAIN), bytes)


def test_numbers_stay_legible() -> None:
    assert "1\u202f442 images, 3 × 32 × 32 … é".encode("ascii", PLAIN) == b"1 442 images, 3 x 32 x 32 ... e"


@pytest.mark.parametrize(
    ("encoding", "arguments"),
    [("ascii", ["list"]), ("cp1252", ["train", "lenet5_tutorial", "--dataset", "digits", "--epochs", "1"])],
)
def test_commands_run_on_every_encoding(encoding: str, arguments: list[str]) -> None:
    environment = {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [sys.executable, "-m", "cnnlab", *arguments], capture_output=True, env=os.environ | environment, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"?" not in ended.stdout
    ended.stdout.decode(encoding)
