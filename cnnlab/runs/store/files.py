"""The files of a run: where they are, and how one is copied."""

import os
import re
import shutil
from pathlib import Path

_EPOCH_FILE = re.compile(r"epoch-([1-9][0-9]{0,8})\.safetensors")
"""Not a copy of one, which a program of the system may have named."""


def run_folder(folder: Path, run_id: str) -> Path:
    """The folder with the run's weights, checkpoints, log and lock."""
    return folder / "runs" / run_id


def run_lock(folder: Path, run_id: str) -> Path:
    """The lock that a worker holds for as long as it trains the run."""
    return run_folder(folder, run_id) / "lock"


def scheduler_lock(folder: Path) -> Path:
    """The lock that the one scheduler of this folder holds."""
    return folder / "scheduler.lock"


def checkpoint_file(folder: Path, run_id: str) -> Path:
    """The checkpoint from which the run resumes."""
    return run_folder(folder, run_id) / "checkpoint.safetensors"


def answers_file(folder: Path, run_id: str) -> Path:
    """What the run answered about its evaluation images at the end of each epoch."""
    return run_folder(folder, run_id) / "answers.bin"


def norms_file(folder: Path, run_id: str) -> Path:
    """The norms of the run's parameter tensors and of their gradients, as they were measured now and then."""
    return run_folder(folder, run_id) / "norms.bin"


def epoch_file(folder: Path, run_id: str, epoch: int) -> Path:
    """The checkpoint at the end of an epoch, from which the run can be forked."""
    return run_folder(folder, run_id) / f"epoch-{epoch}.safetensors"


def kept_epochs(folder: Path, run_id: str) -> list[int]:
    """The epochs whose checkpoints are kept."""
    names = (_EPOCH_FILE.fullmatch(file.name) for file in run_folder(folder, run_id).glob("epoch-*.safetensors"))
    return sorted(int(name[1]) for name in names if name is not None)


def link_or_copy(source: Path, target: Path) -> None:
    """Make a hard link to a file that never changes, or a copy where the file system has no links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        os.link(source, partial)
    except OSError:
        try:
            shutil.copyfile(source, partial)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
    partial.replace(target)
