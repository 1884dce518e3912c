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


def checkpoint_file(folder: Path, run_id: str) -> Path:
    """From where the run goes on."""
    return run_folder(folder, run_id) / "checkpoint.safetensors"


def epoch_file(folder: Path, run_id: str, epoch: int) -> Path:
    """The checkpoint at the end of an epoch, from which the run can be forked."""
    return run_folder(folder, run_id) / f"epoch-{epoch}.safetensors"


def kept_epochs(folder: Path, run_id: str) -> list[int]:
    """The epochs at whose ends there are checkpoints."""
    files = run_folder(folder, run_id).glob("epoch-*.safetensors")
    return sorted(int(file.stem.removeprefix("epoch-")) for file in files)
