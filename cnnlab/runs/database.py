"""The tables of the store, and how its database is opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DatabaseError

from cnnlab.lock import FileLock
from cnnlab.runs.run import StoreUnavailable

VERSION = 2
BUSY_SECONDS = 20
"""How long a write waits for another process to finish its own."""

metadata = MetaData()

about = Table("about", metadata, Column("version", Integer, nullable=False))

runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("family", String, nullable=False),
    Column("spec", Text, nullable=False),  # JSON, as is `recipe`
    Column("recipe", Text, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("sentence", Text, nullable=False, default=""),
    Column("stop_requested", Boolean, nullable=False, default=False),
    Column("created_at", Float, nullable=False),  # seconds since 1970
    Column("started_at", Float),
    Column("ended_at", Float),
    Column("device", String, nullable=False, default=""),
    Column("notes", Text, nullable=False, default="[]"),  # JSON
    Column("step", Integer, nullable=False, default=0),
    Column("total_steps", Integer, nullable=False, default=0),
    Column("epoch", Integer, nullable=False, default=0),
    Column("examples_per_second", Float, nullable=False, default=0.0),
    Column("seconds_left", Float),
    Column("test_accuracy", Float),
    Column("best_test_accuracy", Float),
    Column("best_epoch", Integer),
)

steps = Table(
    "steps",
    metadata,
    Column("run", ForeignKey("runs.number"), primary_key=True),
    Column("first_step", Integer, primary_key=True),
    Column("losses", LargeBinary, nullable=False),  # float32 each, as are `accuracies`
    Column("accuracies", LargeBinary, nullable=False),
    Column("learning_rate", Float, nullable=False),
    Column("examples_per_second", Float, nullable=False),
    Column("seconds", Float, nullable=False),
)

epochs = Table(
    "epochs",
    metadata,
    Column("run", ForeignKey("runs.number"), primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("step", Integer, nullable=False),
    Column("train_loss", Float, nullable=False),
    Column("train_accuracy", Float, nullable=False),
    Column("test_loss", Float, nullable=False),
    Column("test_accuracy", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("is_best", Boolean, nullable=False),
    Column("validation_loss", Float),
    Column("validation_accuracy", Float),
)

ADDED_IN_2 = (epochs.c.validation_loss, epochs.c.validation_accuracy)


class Database:
    """The tables in one folder, made if they are not there. Every method raises `StoreUnavailable` if it must."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with self._explained():
            (folder / "runs").mkdir(parents=True, exist_ok=True)
            opening = FileLock(folder / "opening.lock")
            if not opening.acquire_within(BUSY_SECONDS):
                raise StoreUnavailable(f"Another program has been opening the runs in {folder} for long: try again.")
            try:
                self._engine = create_engine(
                    f"sqlite:///{folder / 'runs.sqlite'}", connect_args={"timeout": BUSY_SECONDS}
                )
                event.listen(self._engine, "connect", _on_connect)
                event.listen(self._engine, "begin", _on_begin)
                self._create()
            finally:
                opening.release()

    def close(self) -> None:
        self._engine.dispose()

    def written(self) -> tuple[int, int]:
        """A pair of numbers that is another one after any process has written; much cheaper than to read."""
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

    def _create(self) -> None:
        with self.writing(durable=True) as connection:
            metadata.create_all(connection)
            version = connection.scalar(select(about.c.version))
            if version is None:
                connection.execute(insert(about).values(version=VERSION))
            elif version > VERSION:
                raise StoreUnavailable(
                    f"The runs in {self._folder} were written by a later CNN Lab (version {version} of the store; this"
                    f" one reads {VERSION}): update CNN Lab, or set CNNLAB_HOME to another folder."
                )
            elif version < VERSION:
                for column in ADDED_IN_2:
                    kind = column.type.compile(self._engine.dialect)
                    connection.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {column.name} {kind}")
                connection.execute(update(about).values(version=VERSION))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, DatabaseError) as error:
            reason = error.orig if isinstance(error, DatabaseError) else error.strerror
            raise StoreUnavailable(
                f"The runs in {self._folder} cannot be read or written ({reason}): make sure that the folder is yours"
                " and the disk is not full, or set CNNLAB_HOME to another folder."
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
    else:
        connection.exec_driver_sql("BEGIN")
