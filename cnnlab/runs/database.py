"""How the database of the store is opened, read and written."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, insert, inspect, select, update
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError

from cnnlab.lock import FileLock
from cnnlab.runs.run import StoreUnavailable
from cnnlab.runs.tables import VERSION, about, metadata

BUSY_SECONDS = 20
"""How long a write waits for another process to finish its own."""

ASKING_SECONDS = 0.25
"""How often a server is asked for news, which cannot be told from a file."""


class Database:
    """The tables of one folder, made if they are not there: in a file in it, or wherever the `url` says.

    Every method raises `StoreUnavailable` if it must.
    """

    def __init__(self, folder: Path, url: str = "") -> None:
        self._folder = folder
        self._is_file = not url
        self.writes = 0  # so often has this object written: what was read before may be out of date
        with self._explained():
            (folder / "runs").mkdir(parents=True, exist_ok=True)
            opening = FileLock(folder / "opening.lock")
            if not opening.acquire_within(BUSY_SECONDS):
                raise StoreUnavailable(f"Another program has been opening the runs in {folder} for long: try again.")
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
        file = self._folder / "runs.sqlite"
        self._engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": BUSY_SECONDS})
        event.listen(self._engine, "connect", _on_connect)
        event.listen(self._engine, "begin", _on_begin)

    def _create(self) -> None:
        with self.writing(durable=True) as connection:
            has_tables = inspect(connection).has_table(about.name)
            version = connection.scalar(select(about.c.version)) if has_tables else None
            if version is None:
                metadata.create_all(connection)
                connection.execute(insert(about).values(version=VERSION))
            elif version > VERSION:
                raise StoreUnavailable(
                    f"The runs in {self._folder} were written by a later CNN Lab (version {version} of the store; this"
                    f" one reads {VERSION}): update CNN Lab, or set CNNLAB_HOME to another folder."
                )
            elif version < VERSION:
                from cnnlab.runs.migrations import migrate  # which imports alembic

                migrate(connection, version, VERSION)
                connection.execute(update(about).values(version=VERSION))

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
