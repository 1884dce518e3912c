"""Seeing to it that somebody carries out the runs."""

import atexit
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import BinaryIO

import cnnlab
from cnnlab.lock import is_held
from cnnlab.runs.run import StoreUnavailable
from cnnlab.runs.store.files import scheduler_lock

STARTING_SECONDS = 10
"""For so long a process may be on its way to the lock."""

_started: list[tuple[Path, float, subprocess.Popen[bytes]]] = []


def ensure_scheduler(folder: Path) -> None:
    """Start a scheduler for the runs in `folder` if there is none; it outlives this process. Costs little where one is.

    Several at once do no harm: the first keeps the others out. Nothing happens in a folder that cannot be written.
    Raises `StoreUnavailable` if the system starts no more processes.
    """
    if is_held(scheduler_lock(folder)):
        return
    _started[:] = [entry for entry in _started if entry[2].poll() is None]
    if any(home == folder and time.monotonic() - at < STARTING_SECONDS for home, at, _ in _started):
        return
    try:
        log = (folder / "scheduler.log").open("ab")
    except OSError:
        return  # where nothing can be written no run can be carried out; the store says so to whoever submits one
    try:
        process = _start(folder, log)
    except OSError as error:
        raise StoreUnavailable(
            f"No process could be started to carry out the runs in {folder} ({error.strerror}): end other programs."
        ) from error
    finally:
        log.close()
    _started.append((folder, time.monotonic(), process))


def _start(folder: Path, log: BinaryIO) -> subprocess.Popen[bytes]:
    # A checkout that is not installed is found by its path.
    source = str(Path(cnnlab.__file__).parents[1])
    paths = [source, *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-m", "cnnlab.runs", "--home", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        start_new_session=True,
    )


@atexit.register
def _let_go() -> None:
    """Python warns of a child that outlives it; these are meant to."""
    for _, _, process in _started:
        if process.poll() is None:
            process.returncode = 0
