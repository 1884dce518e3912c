"""How much room imported images may take: one set, those of one person, and all of them."""

import contextlib
from pathlib import Path

from cnnlab.data.catalogue import refused, stored_owner
from cnnlab.data.importing.spool import PARTIAL
from cnnlab.data.progress import lock_of_turn
from cnnlab.home import data_folder
from cnnlab.lock import FileLock
from cnnlab.spec import Refused
from cnnlab.words.sentence import Sentence

MAX_DATASET_BYTES = 2 * 10**9
"""Of all images of a set, after resizing."""
MAX_OWNER_BYTES = MAX_DATASET_BYTES
"""Of all sets that one visitor has imported; the command line has no such limit."""
MAX_TOTAL_BYTES = 10 * 10**9
"""Of all imported sets on this machine."""

TURN = "import"
"""The name of the turn that one import at a time has."""


def own_folder() -> Path:
    """Where imported sets are."""
    return data_folder() / "own"


def check_space(num_bytes: int, count: int, side: int, owner: str) -> None:
    """Raises `Refused` if the owner may not import so many images of this size."""
    if num_bytes > MAX_DATASET_BYTES:
        raise refused(
            Sentence(
                "{count:,} images of {side}x{side} take {value:.1f} GB, and may take {limit:g} GB: choose a smaller"
                " side.",
                count=count,
                side=side,
                value=num_bytes / 1e9,
                limit=MAX_DATASET_BYTES / 1e9,
            )
        )
    mine = _used(owner) if owner else 0
    if mine and mine + num_bytes > MAX_OWNER_BYTES:
        raise refused(
            Sentence(
                "The images that you have imported may take {limit:g} GB, and they would take {value:.1f} GB: delete"
                " some of your sets under 'Show the data', or choose a smaller side.",
                limit=MAX_OWNER_BYTES / 1e9,
                value=(mine + num_bytes) / 1e9,
            )
        )
    used = _used()
    if used + num_bytes > MAX_TOTAL_BYTES:
        raise refused(
            Sentence(
                "All imported images on this machine may take {limit:g} GB, and they would take {value:.1f} GB: delete"
                " some sets, under 'Show the data' or with `python -m cnnlab data --delete NAME`.",
                limit=MAX_TOTAL_BYTES / 1e9,
                value=(used + num_bytes) / 1e9,
            )
        )


def delete_leftovers() -> None:
    """Delete what imports have left that were killed. Nobody else may be importing."""
    for path in own_folder().glob(f"*{PARTIAL}"):
        with contextlib.suppress(OSError):  # then it counts
            path.unlink()


def delete_abandoned() -> None:
    """Delete what imports have left that were killed, unless somebody is importing now."""
    lock = FileLock(lock_of_turn(TURN))
    try:
        is_mine = own_folder().is_dir() and lock.acquire()
    except OSError:
        return  # nothing can be written there
    if is_mine:
        delete_leftovers()
        lock.release()


def _used(owner: str | None = None) -> int:
    """The bytes of the owner's sets, or of all files, complete or not."""
    if owner is None:
        return sum(_size(path) for path in own_folder().glob("*"))
    return sum(_size(path) for path in own_folder().glob("*.safetensors") if _is_of(path, owner))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # it was just deleted
        return 0


def _is_of(path: Path, owner: str) -> bool:
    try:
        return stored_owner(path) == owner
    except Refused:  # a damaged file is nobody's
        return False
