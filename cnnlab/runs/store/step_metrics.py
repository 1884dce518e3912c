"""What was measured of a run beside its loss: one row for each time that steps were told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from cnnlab.runs.store.store import Store
from cnnlab.runs.store.tables import runs, steps

NAMES = (
    "learning_rate",
    "gradient_norm",
    "examples_per_second",
    "cores_used",
    "memory_bytes",
    "device_use",
    "data_seconds",
    "forward_seconds",
    "backward_seconds",
    "update_seconds",
)


@dataclass(frozen=True, slots=True)
class Gauges:
    """At each of `steps` the values by name, None where one was not measured; `seconds` is how long it had computed."""

    steps: tuple[int, ...]
    seconds: tuple[float, ...]
    values: dict[str, tuple[float | None, ...]]


def gauges(store: Store, run_id: str, max_points: int = 300) -> Gauges:
    """The gauges of a run, every so many rows where they are many, and the last one always."""
    columns = [steps.c.first_step, steps.c.seconds, *(steps.c[name] for name in NAMES)]
    of_run = select(*columns).join(runs).where(runs.c.id == run_id).order_by(steps.c.first_step)
    with store.database.reading() as connection:
        rows = _some(connection.execute(of_run).all(), max_points)
    return Gauges(
        tuple(row[0] for row in rows),
        tuple(row[1] for row in rows),
        {name: tuple(row[i + 2] for row in rows) for i, name in enumerate(NAMES)},
    )


def _some(rows: Sequence[Any], most: int) -> list[Any]:
    """By a stride that is a power of 2, so that the rows that were taken stay as more come."""
    stride = 1
    while len(rows) > stride * most:
        stride *= 2
    return [*rows[:-1:stride], *rows[-1:]]
