"""Opening, reading and writing the database of the store."""

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
from cnnlab.runs.store.migrations import add_metrics, migrate
from cnnlab.runs.store.tables import VERSION, about, metadata, missing_metrics
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
        self._is_file = not url
        self.is_read_only = False
        self.writes = 0  # transactions of this object: whatever was read before the last one may be outdated
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
            raise StoreUnavailable(
                Sentence("Another program is still opening the runs in {folder}: try again later.", folder=self._folder)
            )
        try:
            self._open(url)
            self._create()
        finally:
            opening.release()

    def close(self) -> None:
        self._engine.dispose()

    def change_stamp(self) -> tuple[int, int]:
        """Two numbers that change whenever any process has written; much cheaper than a query."""
        if not self._is_file:
            return int(time.monotonic() / POLL_SECONDS), 0
        with self._explained():
            log = (self._folder / "runs.sqlite-wal").stat()
            return log.st_mtime_ns, log.st_size

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees the store as it is at its first query."""
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[Connection]:
        """A connection with the only write transaction, which is rolled back after an error.

        A durable transaction survives a loss of power; any other survives a crash of this process.
        """
        if self.is_read_only:
            raise StoreUnavailable(read_only_sentence(self._folder))
        with self._explained(), self._engine.execution_options(writes=True, durable=durable).begin() as connection:
            yield connection
        self.writes += 1

    def compact(self) -> None:
        """Free the disk space of deleted rows."""
        outside = {"outside": True} if self._is_file else {"isolation_level": "AUTOCOMMIT"}
        with self._explained(), self._engine.execution_options(**outside).connect() as connection:
            connection.exec_driver_sql("VACUUM")

    def _open(self, url: str) -> None:
        if not self._is_file:
            try:
                self._engine = create_engine(url, pool_pre_ping=True)
            except (ArgumentError, NoSuchModuleError, ImportError) as error:
                sentence = Sentence(
                    "The setting `database` is not a usable URL ({reason}): use one such as"
                    " postgresql+psycopg://me@host/cnnlab, install its driver, or leave the setting empty.",
                    reason=str(error),
                )
                raise StoreUnavailable(sentence) from error
            return
        self._engine = create_engine(f"sqlite:///{self._file}", connect_args={"timeout": BUSY_SECONDS})
        event.listen(self._engine, "connect", _on_connect)
        event.listen(self._engine, "begin", _on_begin)

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
        except (OSError, DatabaseError) as error:
            reason = error.orig if isinstance(error, DatabaseError) else error.strerror
            sentence = Sentence(
                "The runs in {folder} cannot be read or written ({reason}): make sure that the folder is writable"
                " and the disk is not full, or set CNNLAB_HOME to another folder.",
                folder=self._folder,
                reason=str(reason).strip(),
            )
            raise StoreUnavailable(sentence) from error


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
    code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return code & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # `_on_begin` starts the transactions
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _on_begin(connection: Connection) -> None:
    """Lock at the start of a write transaction, so that it waits for others there instead of failing later."""
    options = connection.get_execution_options()
    if options.get("writes"):
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get('durable') else 'NORMAL'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif not options.get("outside"):
        connection.exec_driver_sql("BEGIN")
