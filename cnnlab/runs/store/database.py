"""How the database of the store is opened, read and written."""

import errno
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine, event, insert, inspect, select, update
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError

from cnnlab.lock import FileLock
from cnnlab.runs.run import StoreUnavailable
from cnnlab.runs.store.tables import VERSION, about, metadata, missing_metrics

BUSY_SECONDS = 20
"""How long a write waits for another process to finish its own."""

ASKING_SECONDS = 0.25
"""How often a server is asked for news, which cannot be told from a file."""


class Database:
    """The tables of one folder, made if they are not there: in a file in it, or wherever the `url` says.

    A file that may not be written is read; `is_read_only` says so. Every method raises `StoreUnavailable` if it must.
    """

    def __init__(self, folder: Path, url: str = "") -> None:
        self._folder = folder
        self._file = folder / "runs.sqlite"
        self._is_file = not url
        self.is_read_only = False
        self.writes = 0  # so often has this object written: what was read before may be out of date
        with self._explained():
            try:
                self._open_to_write(url)
            except (OSError, DatabaseError) as error:
                if not (self._is_file and _is_forbidden(error) and self._file.is_file()):
                    raise
                self.is_read_only = True
                self._open_to_read()

    def _open_to_write(self, url: str) -> None:
        (self._folder / "runs").mkdir(parents=True, exist_ok=True)
        opening = FileLock(self._folder / "opening.lock")
        if not opening.acquire_within(BUSY_SECONDS):
            raise StoreUnavailable(f"Another program has been opening the runs in {self._folder} for long: try again.")
        try:
            self._open(url)
            self._create()
        finally:
            opening.release()

    def close(self) -> None:
        self._engine.dispose()

    def written(self) -> tuple[int, int]:
        """A pair of numbers that is another one after any process has written; much cheaper than to read."""
        if not self._is_file:
            return int(time.monotonic() / ASKING_SECONDS), 0
        with self._explained():
            log = (self._folder / "runs.sqlite-wal").stat()
            return log.st_mtime_ns, log.st_size

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees the store as it is at its first question."""
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[Connection]:
        """A connection that alone may write; all is written at the end, or nothing after an error.

        What is durable survives a loss of power; the rest survives whatever happens to this process.
        """
        if self.is_read_only:
            raise StoreUnavailable(read_only_sentence(self._folder))
        with self._explained(), self._engine.execution_options(writes=True, durable=durable).begin() as connection:
            yield connection
        self.writes += 1

    def compact(self) -> None:
        """Give the room of what was deleted back."""
        outside = {"outside": True} if self._is_file else {"isolation_level": "AUTOCOMMIT"}
        with self._explained(), self._engine.execution_options(**outside).connect() as connection:
            connection.exec_driver_sql("VACUUM")

    def _open(self, url: str) -> None:
        if not self._is_file:
            try:
                self._engine = create_engine(url, pool_pre_ping=True)
            except (ArgumentError, NoSuchModuleError, ImportError) as error:
                raise StoreUnavailable(
                    f"The setting `database` is no address that can be used ({error}): write one such as"
                    " postgresql+psycopg://me@host/cnnlab, install its driver, or leave it empty."
                ) from error
            return
        self._engine = create_engine(f"sqlite:///{self._file}", connect_args={"timeout": BUSY_SECONDS})
        event.listen(self._engine, "connect", _on_connect)
        event.listen(self._engine, "begin", _on_begin)

    def _open_to_read(self) -> None:
        # A connection for each question: whoever may write can begin or end to do so between two of them.
        self._engine = create_engine("sqlite://", creator=self._connect_to_read, poolclass=NullPool)
        event.listen(self._engine, "begin", _on_begin)
        with self.reading() as connection:
            version = connection.scalar(select(about.c.version)) or VERSION
        if version > VERSION:
            raise StoreUnavailable(_of_later(self._folder, version))
        if version < VERSION:
            raise StoreUnavailable(
                f"The runs in {self._folder} were written by an earlier CNN Lab, and cannot be brought to the form of"
                " this one, because nothing may be written there: open a copy of the folder, or make it yours."
            )

    def _connect_to_read(self) -> sqlite3.Connection:
        # Without a log of what is to be written, all is in the file itself; with one, it has to be looked at too.
        has_log = self._file.with_name(f"{self._file.name}-wal").exists()
        mode = "mode=ro" if has_log else "immutable=1"
        connection = sqlite3.connect(f"{self._file.as_uri()}?{mode}", uri=True, timeout=BUSY_SECONDS)
        connection.isolation_level = None
        return connection

    def _create(self) -> None:
        with self.writing(durable=True) as connection:
            has_tables = inspect(connection).has_table(about.name)
            version = connection.scalar(select(about.c.version)) if has_tables else None
            if version is None:
                metadata.create_all(connection)
                connection.execute(insert(about).values(version=VERSION))
            elif version > VERSION:
                raise StoreUnavailable(_of_later(self._folder, version))
            elif version < VERSION:
                from cnnlab.runs.store.migrations import migrate  # which imports alembic

                migrate(connection, version, VERSION)
                connection.execute(update(about).values(version=VERSION))
            if missing := missing_metrics(connection):
                from cnnlab.runs.store.migrations import add_metrics

                add_metrics(connection, missing)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, DatabaseError) as error:
            reason = error.orig if isinstance(error, DatabaseError) else error.strerror
            raise StoreUnavailable(
                f"The runs in {self._folder} cannot be read or written ({str(reason).strip()}): make sure that the"
                " folder is yours and the disk is not full, or set CNNLAB_HOME to another folder."
            ) from error


def read_only_sentence(folder: Path) -> str:
    """What to say to whoever would write into a store that can only be read."""
    return (
        f"The runs in {folder} can only be read: to train here or to change a run, make the folder yours, or set"
        " CNNLAB_HOME to another one, and start CNN Lab again."
    )


def _of_later(folder: Path, version: int) -> str:
    return (
        f"The runs in {folder} were written by a later CNN Lab (version {version} of the store; this one reads"
        f" {VERSION}): update CNN Lab, or set CNNLAB_HOME to another folder."
    )


def _is_forbidden(error: OSError | DatabaseError) -> bool:
    """Whether something may not be written, be it for the system or for the database."""
    if isinstance(error, OSError):
        return error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return code & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _on_begin(connection: Connection) -> None:
    """A transaction that writes says so at once, so that it waits its turn instead of failing half way."""
    options = connection.get_execution_options()
    if options.get("writes"):
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get('durable') else 'NORMAL'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif not options.get("outside"):
        connection.exec_driver_sql("BEGIN")
