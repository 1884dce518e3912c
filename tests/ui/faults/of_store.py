"""What can be wrong with the folder of a server, its database and its settings."""

import errno
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cnnlab.runs.settings import settings_file
from cnnlab.runs.store.tables import VERSION
from tests.ui.faults.fault import PASSWORD, READERS, Room, fault
from tests.unwritable import unreadable, unwritable

SETTINGS, ASK = "settings of this server cannot be used", "the person who runs it"
"""What visitors hear of settings; what is in them stays in the log."""

# The folder.


@fault(
    "folder",
    "a home that cannot be written",
    "are read-only",
    "make the folder writable",
    is_seen_late=False,
    pages=READERS - {"compare", "inside"},
)
def _(room: Room) -> Iterator[None]:
    with unwritable(room.home):
        yield


@fault("folder", "a home that cannot be read", f"{SETTINGS}|cannot be read or written", f"{ASK}|CNNLAB_HOME")
def _(room: Room) -> Iterator[None]:
    with unreadable(room.home):
        yield


@fault("folder", "a home that is a file", "Not a directory|is a file|File exists", "CNNLAB_HOME", is_seen_late=False)
def _(room: Room) -> Iterator[None]:
    other = room.home.with_name("file")
    other.write_text("no folder")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CNNLAB_HOME", str(other))
        yield


@fault("folder", "a home below a file", "Not a directory", "CNNLAB_HOME", is_seen_late=False)
def _(room: Room) -> Iterator[None]:
    other = room.home.with_name("file")
    other.write_text("no folder")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CNNLAB_HOME", str(other / "home"))
        yield


@fault("folder", "a home that was deleted", "cannot be read or written", "CNNLAB_HOME", only_late=True)
def _(room: Room) -> Iterator[None]:
    away = room.home.with_name("away")
    room.home.rename(away)
    yield
    away.rename(room.home)


# The database.


@fault("database", "a store of a later version", f"store version {VERSION + 1}", "update CNN Lab", is_seen_late=False)
def _(room: Room) -> Iterator[None]:
    room.execute("UPDATE about SET version = version + 1")
    yield


@fault("database", "a database that another program keeps locked", "are locked", "again", is_seen_late=False)
def _(room: Room) -> Iterator[None]:
    holder = sqlite3.connect(room.database, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    yield
    holder.close()


@fault("database", "a database that is no database", "not a database", "from a copy", is_seen_late=False)
def _(room: Room) -> Iterator[None]:
    for log in room.home.glob("runs.sqlite-*"):
        log.unlink()
    room.database.write_bytes(b"no database at all" * 1000)
    yield


@fault("database", "a database with damaged pages", "malformed|not a database|disk I/O", "from a copy")
def _(room: Room) -> Iterator[None]:
    room.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with room.database.open("r+b") as file:
        size = file.seek(0, 2)
        for start in range(4096, size, 4096):
            file.seek(start)
            file.write(b"\xff" * 4096)
    yield


@fault("database", "a database that is cut off", "malformed|not a database|disk I/O", "from a copy", is_seen_late=False)
def _(room: Room) -> Iterator[None]:
    for log in room.home.glob("runs.sqlite-*"):
        log.unlink()
    with room.database.open("r+b") as file:
        file.truncate(6000)
    yield


@fault(
    "database", "a disk that is full for the database", "full", "the disk is not full|disk space", is_seen_late=False
)
def _(_: Room) -> Iterator[None]:
    def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device: it is full")

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("cnnlab.lock.os.open", no_room)
        yield


@fault(
    "database",
    "an address of a database that is none",
    SETTINGS,
    ASK,
    is_seen_late=False,
)
def _(room: Room) -> Iterator[None]:
    room.write_settings(f'database = "postgresql+nothing://me:{PASSWORD}@127.0.0.1/cnnlab"\n')
    yield


@fault(
    "database",
    "an address of a database with a letter as port",
    SETTINGS,
    ASK,
    is_seen_late=False,
)
def _(room: Room) -> Iterator[None]:
    room.write_settings(f'database = "postgresql+psycopg://me:{PASSWORD}@127.0.0.1:port/cnnlab"\n')
    yield


@fault("database", "a database server that does not answer", "refused|reached", "server|database", is_seen_late=False)
def _(room: Room) -> Iterator[None]:
    room.write_settings(f'database = "postgresql+psycopg://me:{PASSWORD}@127.0.0.1:9/cnnlab"\n')
    yield


# The settings.


def broken_settings(name: str, write: Callable[[Path], object]) -> None:
    """A fault for a settings file that is written so; whoever only reads runs on an open page does not need it."""

    @fault("settings", f"settings {name}", SETTINGS, ASK, late_pages=READERS - {"compare", "own images", "inside"})
    def _(room: Room) -> Iterator[None]:
        write(settings_file(room.home))
        yield


broken_settings("that are no TOML", lambda file: file.write_text("runs_at_once = = 2\n"))
broken_settings("of a wrong type", lambda file: file.write_text('runs_at_once = "two"\n'))
broken_settings("with an unknown name", lambda file: file.write_text("runs_at_onse = 2\n"))
broken_settings("that are a folder", Path.mkdir)
broken_settings("that are no text", lambda file: file.write_bytes(b"\xff\xfe\x00"))
