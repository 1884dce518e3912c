"""From the tables of one version of the store to those of the next; the newest are in `cnnlab.runs.store.tables`.

Every step is plain `ALTER TABLE`s, which SQLite and PostgreSQL understand alike.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

STATEMENTS: dict[int, tuple[str, ...]] = {
    # Validation images.
    2: (
        "ALTER TABLE epochs ADD COLUMN validation_loss FLOAT",
        "ALTER TABLE epochs ADD COLUMN validation_accuracy FLOAT",
    ),
    # Runs that can be paused, forked, annotated and deleted; the time and memory of a step.
    3: (
        "ALTER TABLE runs ADD COLUMN wish VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN turn INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN seconds FLOAT NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN forecast_bytes BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN parent VARCHAR",
        "ALTER TABLE runs ADD COLUMN parent_epoch INTEGER",
        "ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE runs ADD COLUMN deleted_at FLOAT",
        "UPDATE runs SET wish = 'stop' WHERE stop_requested AND state IN ('queued', 'running')",
        "UPDATE runs SET turn = number WHERE started_at IS NOT NULL",
        "UPDATE runs SET seconds = ended_at - started_at WHERE ended_at > started_at",
        "ALTER TABLE runs DROP COLUMN stop_requested",
        "ALTER TABLE steps ADD COLUMN gradient_norm FLOAT",
        "ALTER TABLE steps ADD COLUMN data_seconds FLOAT",
        "ALTER TABLE steps ADD COLUMN forward_seconds FLOAT",
        "ALTER TABLE steps ADD COLUMN backward_seconds FLOAT",
        "ALTER TABLE steps ADD COLUMN update_seconds FLOAT",
        "ALTER TABLE steps ADD COLUMN cores_used FLOAT",
        "ALTER TABLE steps ADD COLUMN memory_bytes FLOAT",
    ),
    # GPU utilization.
    4: ("ALTER TABLE steps ADD COLUMN device_use FLOAT",),
    # Runs that were submitted together; two columns with clearer names.
    5: (
        'ALTER TABLE runs ADD COLUMN "group" VARCHAR',
        "ALTER TABLE runs RENAME COLUMN wish TO request",
        "ALTER TABLE runs RENAME COLUMN turn TO start_number",
    ),
}
"""How each version is reached from the one before it."""


def migrate(connection: Connection, version: int, newest: int) -> None:
    """Bring tables of `version` to the form of the `newest`, within the connection's transaction."""
    for reached in range(version + 1, newest + 1):
        for statement in STATEMENTS[reached]:
            connection.exec_driver_sql(statement)


def add_metrics(connection: Connection, names: Iterable[str]) -> None:
    """Add a column for each of these metrics, within the connection's transaction; rows that exist have no value."""
    for name in names:
        connection.exec_driver_sql(f"ALTER TABLE steps ADD COLUMN {name} FLOAT")
