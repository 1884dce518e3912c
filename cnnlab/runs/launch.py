"""Starting the scheduler of a folder."""

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
from cnnlab.words.sentence import Sentence

STARTING_SECONDS = 10
"""How long a new scheduler may take until it holds its lock."""

_started: list[tuple[Path, float, subprocess.Popen[bytes]]] = []


def ensure_scheduler(folder: Path) -> None:
    """Start a scheduler for the runs in `folder` if none is running; it outlives this process.

    Several calls at once are harmless: only one scheduler gets the lock. Does nothing in a folder that is not writable.
    Raises `StoreUnavailable` if the system cannot start a process.
    """
    if is_held(scheduler_lock(folder)):
        return
    _started[:] = [entry for entry in _started if entry[2].poll() is None]
    if any(home == folder and time.monotonic() - at < STARTING_SECONDS for home, at, _ in _started):
        return
    try:
        log = (folder / "scheduler.log").open("ab")
    except OSError:
        return  # nothing can be trained there; the store raises an error when a run is submitted
    try:
        process = _start(folder, log)
    except OSError as error:
        sentence = Sentence(
            "The scheduler for the runs in {folder} could not be started ({reason}): close other programs.",
            folder=folder,
            reason=error.strerror,
        )
        raise StoreUnavailable(sentence) from error
    finally:
        log.close()
    _started.append((folder, time.monotonic(), process))


def source_environment() -> dict[str, str]:
    """What lets a new Python find this package, so that a checkout works without being installed."""
    source = str(Path(cnnlab.__file__).parents[1])
    paths = [source, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths)}


def _start(folder: Path, log: BinaryIO) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "cnnlab.runs", "--home", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd=folder,
        env={**os.environ, **source_environment()},
        start_new_session=True,
    )


@atexit.register
def _detach() -> None:
    """Keep Python from warning about child processes that are meant to outlive it."""
    for _, _, process in _started:
        if process.poll() is None:
            process.returncode = 0
