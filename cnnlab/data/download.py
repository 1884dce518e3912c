"""Getting a data set from the internet: with progress, checked, and once for all who use this machine."""

import contextlib
import hashlib
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from cnnlab.data.archives import Archive, archives, folder_with, needed, own_folder, read, unpack
from cnnlab.data.cards import DATASETS, DatasetCard
from cnnlab.data.catalogue import card as card_of
from cnnlab.data.catalogue import file_of, is_here
from cnnlab.data.dataset import Dataset
from cnnlab.data.storage import keep
from cnnlab.home import data_folder
from cnnlab.lock import FileLock
from cnnlab.spec import Problem, Refused

CHUNK_BYTES = 256 * 1024
ANSWER_SECONDS = 20
"""A server that says nothing for so long is taken for one that is not there."""
WAIT_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: a sentence without its full stop, and the share that is done, from 0 to 1."""

    sentence: str
    done: float


def obtain(name: str) -> Generator[Progress, None, None]:
    """See to it that the set can be read without a network from now on, and tell how far it is.

    Where somebody else is at it already, their result is waited for. Raises `Refused` if it cannot be had; it says what
    to put where, and what can be used meanwhile.

    >>> list(obtain("digits"))  # came with the lab
    []
    """
    card = card_of(name)
    if card.origin != "download" or file_of(name).is_file():
        return
    with _alone(name) as waiting:
        yield from waiting
        if file_of(name).is_file():
            return  # somebody else has done it
        folder = folder_with(name)
        if folder is None:
            yield from _download(card)
            folder = own_folder()
        yield Progress(f"Reading {card.title}", 1.0)
        keep(_dataset(card, folder))


def convert(name: str) -> None:
    """Make the kept form of a set from files that are here. Raises `Refused` if they are not, or are damaged."""
    with _alone(name) as waiting:
        for _ in waiting:
            pass
        if file_of(name).is_file():
            return
        folder = folder_with(name)
        if folder is None:
            how = f"press Download on the Train page, or run `python -m cnnlab data {name}`, or"
            raise _missing(DATASETS[name], "and has to be downloaded first", how)
        keep(_dataset(DATASETS[name], folder))


def _dataset(card: DatasetCard, folder: Path) -> Dataset:
    try:
        train_images, train_labels, test_images, test_labels = read(card.name, folder)
    except (RuntimeError, ValueError, OSError, EOFError) as error:
        sentence = f"The files of {card.title} in {folder} cannot be read ({error}): delete them, and get them again."
        raise Refused([Problem("dataset", sentence)]) from error
    return Dataset(
        card=replace(card, num_train=len(train_labels), num_test=len(test_labels)),
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
    )


def _download(card: DatasetCard) -> Iterator[Progress]:
    try:
        wanted = archives(card.name)
        for i, archive in enumerate(wanted):
            number = f", file {i + 1} of {len(wanted)}" if len(wanted) > 1 else ""
            for share in _fetch(archive):
                yield Progress(f"Downloading {card.title}{number}", (i + share) / len(wanted))
        yield Progress(f"Unpacking {card.title}", 1.0)
        unpack(card.name)
    except (URLError, TimeoutError, ConnectionError) as error:
        raise _missing(
            card, f"and could not be downloaded ({_reason(error)})", "connect to the internet, or"
        ) from error
    except (OSError, RuntimeError) as error:
        raise _missing(card, f"and could not be kept ({error})", "make room on the disk, or") from error


def _fetch(archive: Archive) -> Iterator[float]:
    """Download one file from the first address that gives it; yields the share that is there."""
    archive.path.parent.mkdir(parents=True, exist_ok=True)
    if (
        archive.path.is_file()
        and hashlib.md5(archive.path.read_bytes(), usedforsecurity=False).hexdigest() == archive.md5
    ):
        return
    partial = archive.path.with_name(f"{archive.path.name}.partial")
    for i, address in enumerate(archive.addresses):
        try:
            yield from _fetch_from(address, partial, archive.md5)
            partial.replace(archive.path)
            return
        except (URLError, TimeoutError, ConnectionError):
            if i == len(archive.addresses) - 1:
                raise
        finally:
            partial.unlink(missing_ok=True)


def _fetch_from(address: str, partial: Path, md5: str) -> Iterator[float]:
    checksum = hashlib.md5(usedforsecurity=False)
    # The addresses are torchvision's own.
    with urlopen(address, timeout=ANSWER_SECONDS) as answer, partial.open("wb") as file:
        total, done = int(answer.headers.get("Content-Length") or 0), 0
        while chunk := answer.read(CHUNK_BYTES):
            file.write(chunk)
            checksum.update(chunk)
            done += len(chunk)
            yield min(done / total, 1.0) if total else 0.0
    if checksum.hexdigest() != md5:
        raise URLError("what came is not what was published: its checksum is another one")


def _missing(card: DatasetCard, why: str, how: str) -> Refused:
    """A set that is not here: what to put where, and which sets work now."""
    ready = [name for name in DATASETS if name != card.name and is_here(name)]
    below, files = needed(card.name)
    return Refused(
        [
            Problem(
                "dataset",
                f"{card.title} is not on this machine {why}: {how} put the files {', '.join(files)} into"
                f" {own_folder() / below}, or set CNNLAB_DATA to a folder that has {below}."
                f" {', '.join(ready[:-1])} and {ready[-1]} work now.",
            )
        ]
    )


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason)


@contextmanager
def _alone(name: str) -> Iterator[Iterator[Progress]]:
    """Inside, once what is given was gone through, nobody else downloads or converts this set."""
    folder = data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sentence = f"Nothing can be kept in {folder} ({error.strerror}): set CNNLAB_HOME to another folder."
        raise Refused([Problem("dataset", sentence)]) from error
    lock = FileLock(folder / f"{name}.lock")
    with contextlib.ExitStack() as held:

        def waiting() -> Iterator[Progress]:
            while not lock.acquire():
                yield Progress(f"Somebody else is downloading {DATASETS[name].title}", 0.0)
                time.sleep(WAIT_SECONDS)
            held.callback(lock.release)

        yield waiting()
