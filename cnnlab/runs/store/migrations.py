"""From the tables of one version of the store to those of the next; the newest are in `cnnlab.runs.store.tables`."""

from collections.abc import Callable, Iterable
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, Connection, Float, Integer, String, Text
from sqlalchemy.types import TypeEngine


def migrate(connection: Connection, version: int, newest: int) -> None:
    """Bring tables of `version` to the form of the `newest`, within the connection's transaction."""
    operations = Operations(MigrationContext.configure(connection))
    for reached in range(version + 1, newest + 1):
        _STEPS[reached](operations)


def add_metrics(connection: Connection, names: Iterable[str]) -> None:
    """Add a column for each of these metrics, within the connection's transaction; rows that exist have no value."""
    operations = Operations(MigrationContext.configure(connection))
    for name in names:
        operations.add_column("steps", Column(name, Float))


def _to_2(op: Operations) -> None:
    """Images put aside for validation."""
    op.add_column("epochs", Column("validation_loss", Float))
    op.add_column("epochs", Column("validation_accuracy", Float))


def _to_3(op: Operations) -> None:
    """Runs that pause, branch, are annotated and deleted; what a step takes."""
    for column in (
        _filled("wish", String(), ""),
        _filled("priority", Integer(), "0"),
        _filled("turn", Integer(), "0"),
        _filled("seconds", Float(), "0"),
        _filled("forecast_bytes", BigInteger(), "0"),
        Column("parent", String),
        Column("parent_epoch", Integer),
        _filled("note", Text(), ""),
        _filled("tags", Text(), "[]"),
        Column("deleted_at", Float),
    ):
        op.add_column("runs", column)
    op.execute("UPDATE runs SET wish = 'stop' WHERE stop_requested AND state IN ('queued', 'running')")
    op.execute("UPDATE runs SET turn = number WHERE started_at IS NOT NULL")
    op.execute("UPDATE runs SET seconds = ended_at - started_at WHERE ended_at > started_at")
    op.drop_column("runs", "stop_requested")
    for name in ("gradient_norm", "data_seconds", "forward_seconds", "backward_seconds", "update_seconds"):
        op.add_column("steps", Column(name, Float))
    for name in ("cores_used", "memory_bytes"):
        op.add_column("steps", Column(name, Float))


def _to_4(op: Operations) -> None:
    """How busy the GPU is."""
    op.add_column("steps", Column("device_use", Float))


def _filled(name: str, kind: TypeEngine[Any], value: str) -> Column[Any]:
    """A column that rows which are there already have a value in."""
    return Column(name, kind, nullable=False, server_default=value)


_STEPS: dict[int, Callable[[Operations], None]] = {2: _to_2, 3: _to_3, 4: _to_4}
"""How each version is reached from the one before it."""
