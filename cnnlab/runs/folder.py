"""Where a run keeps what belongs to it."""

from pathlib import Path


def run_folder(folder: Path, run_id: str) -> Path:
    """Where a run keeps its weights, log and lock."""
    return folder / "runs" / run_id


def run_lock(folder: Path, run_id: str) -> Path:
    """The lock that a worker holds for as long as it carries out the run."""
    return run_folder(folder, run_id) / "lock"


def scheduler_lock(folder: Path) -> Path:
    """The lock that the one scheduler of this folder holds."""
    return folder / "scheduler.lock"
