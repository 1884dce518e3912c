"""What can be wrong with the folder of a server, its store, its settings and its images, and what a page must say."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cnnlab.runs.settings import settings_file

PASSWORD = "chalk-and-cheese"
"""In every address of a database here; no page and no log may show it."""

READERS = frozenset({"compare", "train", "runs", "own images", "inside"})
"""The pages that cannot do their work without the store."""


@dataclass(frozen=True)
class Room:
    """A server's folder, which has one finished run and one that is queued, and the open test."""

    home: Path
    run_id: str
    queued_id: str
    monkeypatch: pytest.MonkeyPatch

    @property
    def database(self) -> Path:
        return self.home / "runs.sqlite"

    def write_settings(self, text: str) -> None:
        settings_file(self.home).write_text(text, encoding="utf-8")

    def execute(self, statement: str, *values: object) -> None:
        connection = sqlite3.connect(self.database)
        with connection:
            connection.execute(statement, values)
        connection.close()


@dataclass(frozen=True)
class Fault:
    """Something wrong, from when `occur` is entered until it is left.

    The `pages` must show a sentence that has `cause` and then `remedy`, both regular expressions; the others, and all
    of them where there is no cause, must show none, and do their work. Where `is_seen_late`, it is also one for a page
    that is open already, and `late_pages` are those that show it then, if they are others; a fault that only such a
    page can have is `only_late`. Faults of a `kind` are alike for the pages that do not show them.
    """

    name: str
    occur: Callable[[Room], Iterator[None]]
    cause: str = ""
    remedy: str = ""
    pages: frozenset[str] = READERS
    late_pages: frozenset[str] | None = None
    kind: str = ""
    is_seen_late: bool = True
    only_late: bool = False
    dataset: str = "digits"
    starts_scheduler: bool = False

    @contextmanager
    def occurring(self, room: Room) -> Iterator[None]:
        yield from self.occur(room)


FAULTS: list[Fault] = []


def fault(kind: str, name: str, cause: str = "", remedy: str = "", **options: Any) -> Callable[[Any], Any]:
    """Add the decorated function to `FAULTS`."""

    def add(occur: Callable[[Room], Iterator[None]]) -> Callable[[Room], Iterator[None]]:
        FAULTS.append(Fault(name, occur, cause, remedy, kind=kind, **options))
        return occur

    return add
