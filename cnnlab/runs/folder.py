"""Where runs are kept."""

import os
import sys
from pathlib import Path


def default_folder() -> Path:
    """The folder that the variable CNNLAB_HOME names, or else one in the user's data folder."""
    named = os.environ.get("CNNLAB_HOME")
    if named:
        return Path(named).expanduser().absolute()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", "~/AppData/Local")).expanduser() / "cnnlab"
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/cnnlab").expanduser()
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "cnnlab"


def run_folder(folder: Path, run_id: str) -> Path:
    """Where a run keeps its weights, log and lock."""
    return folder / "runs" / run_id


def run_lock(folder: Path, run_id: str) -> Path:
    """The lock that a worker holds for as long as it carries out the run."""
    return run_folder(folder, run_id) / "lock"


def scheduler_lock(folder: Path) -> Path:
    """The lock that the one scheduler of this folder holds."""
    return folder / "scheduler.lock"
