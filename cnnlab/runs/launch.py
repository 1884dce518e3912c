"""Seeing to it that somebody carries out the runs."""

import os
import subprocess
import sys
from pathlib import Path

import cnnlab
from cnnlab.runs.folder import scheduler_lock
from cnnlab.runs.lock import is_held

_started: list[subprocess.Popen[bytes]] = []


def ensure_scheduler(folder: Path) -> None:
    """Start a scheduler for the runs in `folder` if there is none; it outlives this process. Costs little where one is.

    Several at once do no harm: the first keeps the others out.
    """
    _started[:] = [process for process in _started if process.poll() is None]
    if is_held(scheduler_lock(folder)):
        return
    # A checkout that is not installed is found by its path.
    source = str(Path(cnnlab.__file__).parents[1])
    paths = [source, *filter(None, [os.environ.get("PYTHONPATH")])]
    with (folder / "scheduler.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cnnlab.runs", "--home", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
        )
    _started.append(process)
