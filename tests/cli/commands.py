"""Running a command of `python -m cnnlab` in a test: what it prints, and how it refuses."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cnnlab
from cnnlab.cli import main

ROOT = Path(cnnlab.__path__[0]).parent
DEADLINE = 120

Output = pytest.CaptureFixture[str]


def document(capsys: Output, *arguments: str) -> Any:
    """The one JSON document that the command prints."""
    assert main([*arguments, "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.count("\n") == 1
    return json.loads(printed.out)


def sentence(capsys: Output, *arguments: str) -> str:
    """What the command says when it refuses its values; nothing else is printed."""
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err.rstrip("\n")


def command(*arguments: str) -> subprocess.Popen[str]:
    """The command line as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "cnnlab", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
