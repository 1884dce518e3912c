"""Downloads a data set: with progress, with checksums, and once for all users of this machine."""

import hashlib
import zlib
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from tarfile import TarError
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from cnnlab.data.archives import (
    Archive,
    archive_files,
    archives,
    download_folder,
    find_folder,
    is_here,
    read_files,
    unpack,
)
from cnnlab.data.cards import DATASETS, DatasetCard
from cnnlab.data.catalogue import card as card_of
from cnnlab.data.catalogue import dataset_file, is_available, refused
from cnnlab.data.dataset import Dataset
from cnnlab.data.progress import Progress, turn
from cnnlab.data.storage import save_dataset
from cnnlab.spec import Refused
from cnnlab.words.sentence import Sentence, joined

CHUNK_BYTES = 256 * 1024
TIMEOUT_SECONDS = 20
"""Without an answer for this long a mirror counts as unreachable."""


def download_dataset(name: str) -> Generator[Progress, None, None]:
    """Download the set if it is not available, and yield the progress.

    If another process is downloading it, wait for that. Raises `Refused` if the download fails; the sentence says which
    files can be copied where instead, and which sets are available.

    >>> list(download_dataset("digits"))  # is installed with scikit-learn
    []
    """
    card = card_of(name)
    if card.origin != "download" or is_here(dataset_file(name)):
        return
    with _locked(name) as waiting:
        yield from waiting
        if is_here(dataset_file(name)):
            return  # another process has downloaded it
        folder = find_folder(name)
        if folder is None:
            yield from _download(card)
            folder = download_folder()
        yield Progress(Sentence("Reading {title}", title=card.title), 1.0)
        save_dataset(_read_dataset(card, folder))


def convert_files(name: str) -> None:
    """Convert the set's files to the form that `load` reads. Raises `Refused` if they are missing or damaged."""
    with _locked(name) as waiting:
        for _ in waiting:
            pass
        if is_here(dataset_file(name)):
            return
        folder = find_folder(name)
        if folder is None:
            card = DATASETS[name]
            raise _unavailable(
                card,
                Sentence("{title} must be downloaded first.", title=card.title),
                Sentence("Press Download on the Train page, or run `python -m cnnlab data {name}`", name=name),
            )
        save_dataset(_read_dataset(DATASETS[name], folder))


def _read_dataset(card: DatasetCard, folder: Path) -> Dataset:
    try:
        train_images, train_labels, test_images, test_labels = read_files(card.name, folder)
    except (RuntimeError, ValueError, OSError, EOFError, AssertionError, LookupError, TypeError) as error:
        raise refused(
            Sentence(
                "The files of {title} in {folder} cannot be read ({error}): delete them, and download them again.",
                title=card.title,
                folder=str(folder),
                error=str(error),
            )
        ) from error
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
            step = (
                Sentence(
                    "Downloading {title}, file {number} of {count}", title=card.title, number=i + 1, count=len(wanted)
                )
                if len(wanted) > 1
                else Sentence("Downloading {title}", title=card.title)
            )
            for share in _fetch(archive):
                yield Progress(step, (i + share) / len(wanted))
        yield Progress(Sentence("Unpacking {title}", title=card.title), 1.0)
        unpack(card.name)
    except (URLError, TimeoutError, ConnectionError) as error:
        raise _unavailable(
            card,
            Sentence("{title} could not be downloaded ({error}).", title=card.title, error=_reason(error)),
            Sentence("Connect to the internet"),
        ) from error
    except (OSError, RuntimeError, EOFError, TarError, zlib.error) as error:
        raise _unavailable(
            card,
            Sentence("{title} could not be saved ({error}).", title=card.title, error=str(error)),
            Sentence("Free disk space"),
        ) from error


def _fetch(archive: Archive) -> Iterator[float]:
    """Download one file from the first mirror that has it; yields the share that has arrived."""
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
    try:
        answered = urlopen(address, timeout=TIMEOUT_SECONDS)
    except HTTPError as error:
        error.close()  # it is an open answer itself
        raise
    # The addresses are torchvision's own.
    with answered as answer, partial.open("wb") as file:
        total, done = int(answer.headers.get("Content-Length") or 0), 0
        while chunk := answer.read(CHUNK_BYTES):
            file.write(chunk)
            checksum.update(chunk)
            done += len(chunk)
            yield min(done / total, 1.0) if total else 0.0
    if checksum.hexdigest() != md5:
        raise URLError(Sentence("the file's checksum differs from the published one"))


def _unavailable(card: DatasetCard, why: Sentence, remedy: Sentence) -> Refused:
    """The refusal of a set that is not on this machine; `remedy` has no full stop."""
    *first, last = (name for name in DATASETS if name != card.name and is_available(name))
    below, files = archive_files(card.name)
    return refused(
        joined(
            [
                why,
                Sentence(
                    "{remedy}, or put the files {files} into {folder}, or set CNNLAB_DATA to a folder that contains"
                    " {below}.",
                    remedy=remedy,
                    files=", ".join(files),
                    folder=str(download_folder() / below),
                    below=str(below),
                ),
                Sentence("{first} and {last} are available.", first=", ".join(first), last=last),
            ]
        )
    )


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return reason if isinstance(reason, Sentence) else str(getattr(reason, "strerror", None) or reason)


def _locked(name: str) -> AbstractContextManager[Iterator[Progress]]:
    """Once the iterator is exhausted, no other process downloads or converts this set until the context ends."""
    return turn(name, Sentence("Another process is downloading {title}", title=DATASETS[name].title))
