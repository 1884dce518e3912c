"""Opening, reading and writing the database of the store."""

import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, insert, inspect, select, update
from sqlalchemy.exc import DatabaseError, DBAPIError

from cnnlab.home import protect
from cnnlab.lock import FileLock
from cnnlab.runs.run import StoreUnavailable
from cnnlab.runs.store.migrations import add_metrics, migrate
from cnnlab.runs.store.tables import VERSION, about, metadata, missing_metrics
from cnnlab.runs.store.trouble import engine_of, explained, is_forbidden
from cnnlab.words.sentence import Sentence

BUSY_SECONDS = 20
"""How long a write waits for another process to finish its transaction."""

POLL_SECONDS = 0.25
"""How often a database server is polled; changes of a file are seen without a query."""


class Database:
    """The tables of one folder, created if needed: in a file in the folder, or in the database at `url`.

    A file that is not writable can still be read, see `is_read_only`. Every method may raise `StoreUnavailable`.
    """

    def __init__(self, folder: Path, url: str = "") -> None:
        self._folder = folder
        self._file = folder / "runs.sqlite"
        self._url = url
        self._engine: Engine | None = None
        self.is_read_only = False
        self.writes = 0  # transactions of this object: whatever was read before the last one may be outdated
        try:
            with self._explained():
                try:
                    self._open_to_write()
                except (OSError, DatabaseError) as error:
                    if url or not _is_forbidden(error) or not self._file.is_file():
                        raise
                    self.close()
                    self.is_read_only = True
                    self._open_to_read()
        except StoreUnavailable:
            self.close()
            raise

    def _open_to_write(self) -> None:
        (self._folder / "runs").mkdir(parents=True, exist_ok=True)
        protect(self._folder)
        if not self._url and self._file.is_file() and self._file.stat().st_size:
            self._open()
            if self._is_current():
                return  # what only reads needs no lock
            self.close()
        opening = FileLock(self._folder / "opening.lock")
        if not opening.acquire_within(BUSY_SECONDS):
            raise StoreUnavailable(
                Sentence("Another program is still opening the runs in {folder}: try again later.", folder=self._folder)
            )
        try:
            self._open()
            self._create()
        finally:
            opening.release()

    def close(self) -> None:
        """Close all connections; a later query opens new ones."""
        if self._engine is not None:
            self._engine.dispose()

    def change_stamp(self) -> tuple[int, int]:
        """Two numbers that change whenever any process has written; much cheaper than a query."""
        if self._url:
            return int(time.monotonic() / POLL_SECONDS), 0
        with self._explained():
            log = (self._folder / "runs.sqlite-wal").stat()
            return log.st_mtime_ns, log.st_size

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees the store as it is at its first query."""
        with self._explained(), self._opened().begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, durable: bool = False, patient: bool = True) -> Iterator[Connection]:
        """A connection with the only write transaction, which is rolled back after an error.

        A durable transaction survives a loss of power; any other survives a crash of this process. It waits for others
        to finish theirs, unless it is not `patient`.
        """
        if self.is_read_only:
            raise StoreUnavailable(read_only_sentence(self._folder))
        options = {"writes": True, "durable": durable, "patient": patient}
        with self._explained(), self._opened().execution_options(**options).begin() as connection:
            yield connection
        self.writes += 1

    def compact(self) -> None:
        """Free the disk space of deleted rows."""
        outside = {"isolation_level": "AUTOCOMMIT"} if self._url else {"outside": True}
        with self._explained(), self._opened().execution_options(**outside).connect() as connection:
            connection.exec_driver_sql("VACUUM")

    def _opened(self) -> Engine:
        assert self._engine is not None
        if not self._url and not self._file.exists():
            # Its connections would go on with the deleted file, and what they write would be lost.
            self.close()
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self._file))
        return self._engine

    def _open(self) -> None:
        if self._url:
            self._engine = engine_of(self._url)
            return
        # SQLite gives its other files the mode of this one.
        os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))
        self._engine = create_engine(f"sqlite:///{self._file}", connect_args={"timeout": BUSY_SECONDS})
        event.listen(self._engine, "connect", _on_connect)
        event.listen(self._engine, "begin", _on_begin)

    def _is_current(self) -> bool:
        """Whether all tables are there, in this version."""
        with self._opened().begin() as connection:
            if not inspect(connection).has_table(about.name):
                return False
            return connection.scalar(select(about.c.version)) == VERSION and not missing_metrics(connection)

    def _open_to_read(self) -> None:
        # A new connection for each query: other processes can open or close the file for writing between two of them.
        self._engine = create_engine("sqlite://", creator=self._connect_to_read, poolclass=NullPool)
        event.listen(self._engine, "begin", _on_begin)
        with self.reading() as connection:
            version = connection.scalar(select(about.c.version)) or VERSION
        if version > VERSION:
            raise StoreUnavailable(_of_later(self._folder, version))
        if version < VERSION:
            sentence = Sentence(
                "The runs in {folder} were written by an earlier version of CNN Lab and cannot be converted,"
                " because the folder is not writable: make it writable, or open a copy of it.",
                folder=self._folder,
            )
            raise StoreUnavailable(sentence)

    def _connect_to_read(self) -> sqlite3.Connection:
        # Without a write-ahead log the file is complete; with one, the log has to be read too.
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
                migrate(connection, version, VERSION)
                connection.execute(update(about).values(version=VERSION))
            if missing := missing_metrics(connection):
                add_metrics(connection, missing)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, DBAPIError) as error:
            # The error of a server may repeat its password: it is not kept for a traceback.
            raise explained(error, self._folder, self._url) from (None if self._url else error)


def read_only_sentence(folder: Path) -> Sentence:
    """Why runs of a store that can only be read cannot be started or changed."""
    return Sentence(
        "The runs in {folder} are read-only: to train or to change a run, make the folder writable, or set CNNLAB_HOME"
        " to another one, and restart CNN Lab.",
        folder=folder,
    )


def _of_later(folder: Path, version: int) -> Sentence:
    return Sentence(
        "The runs in {folder} were written by a later version of CNN Lab (store version {version}; this one reads up to"
        " {newest}): update CNN Lab, or set CNNLAB_HOME to another folder.",
        folder=folder,
        version=version,
        newest=VERSION,
    )


def _is_forbidden(error: OSError | DatabaseError) -> bool:
    """Whether the system or the database denies writing."""
    if isinstance(error, OSError):
        return error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    return is_forbidden(error)


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # `_on_begin` starts the transactions
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _on_begin(connection: Connection) -> None:
    """Lock at the start of a write transaction, so that it waits for others there instead of failing later."""
    options = connection.get_execution_options()
    if options.get("writes"):
        connection.exec_driver_sql(f"PRAGMA busy_timeout={1000 * BUSY_SECONDS if options.get('patient') else 0}")
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get('durable') else 'NORMAL'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif not options.get("outside"):
        connection.exec_driver_sql("BEGIN")
