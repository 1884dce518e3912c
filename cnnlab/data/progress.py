"""How far long work on data sets has come, and how it waits for its turn."""

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cnnlab.data.catalogue import refused
from cnnlab.home import data_folder
from cnnlab.lock import FileLock
from cnnlab.words.sentence import Sentence

POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """The current step, without a full stop, and the share of the work that is done, from 0 to 1."""

    sentence: Sentence
    done: float


def lock_of_turn(name: str) -> Path:
    """The file that whoever has the turn holds locked."""
    return data_folder() / f"{name}.lock"


@contextmanager
def turn(name: str, meanwhile: Sentence) -> Iterator[Iterator[Progress]]:
    """Once the iterator is exhausted, nobody else on this machine has a turn of that name until the context ends.

    `meanwhile` is what it yields while it waits. It raises `Refused` if nothing can be saved.
    """
    folder = data_folder()
    lock = FileLock(lock_of_turn(name))
    with contextlib.ExitStack() as held:

        def waiting() -> Iterator[Progress]:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                while not lock.acquire():
                    yield Progress(meanwhile, 0.0)
                    time.sleep(POLL_SECONDS)
            except OSError as error:
                raise refused(
                    Sentence(
                        "Nothing can be saved in {folder} ({error}): set CNNLAB_HOME to another folder.",
                        folder=str(folder),
                        error=str(error.strerror),
                    )
                ) from error
            held.callback(lock.release)

        yield waiting()
