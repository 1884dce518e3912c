"""The step metrics of a run as they were stored: a row for each `Steps` event."""

from dataclasses import dataclass

from sqlalchemy import null, select

from cnnlab.runs.store.sampling import long_run, number_of, sampled
from cnnlab.runs.store.store import Store
from cnnlab.runs.store.tables import missing_metrics, steps
from cnnlab.runs.thinning import thinned_indices
from cnnlab.training.step_metrics import STEP_METRICS

ROWS_PER_POINT = 4
"""A run with more rows for each point is read in part, one row for each."""


@dataclass(frozen=True, slots=True)
class StoredMetrics:
    """At each of `steps` the values by metric, None if one was not measured; `seconds` is the time of computing."""

    steps: tuple[int, ...]
    seconds: tuple[float, ...]
    values: dict[str, tuple[float | None, ...]]


def stored_metrics(store: Store, run_id: str, *, max_points: int) -> StoredMetrics:
    """The step metrics of a run; of more than `max_points` rows some, and the last one always."""
    with store.database.reading() as connection:
        # Only a store that cannot be written may lack a column.
        missing = missing_metrics(connection) if store.is_read_only else []
        names = [metric.name for metric in STEP_METRICS]
        columns = [null().label(name) if name in missing else steps.c[name] for name in names]
        number = number_of(connection, run_id)
        read = [steps.c.first_step, steps.c.seconds, *columns]
        long = None if number is None else long_run(connection, number, ROWS_PER_POINT * max_points)
        if long is None:
            of_run = select(*read).where(steps.c.run == number).order_by(steps.c.first_step)
            rows = connection.execute(of_run).all()
            kept = [rows[i] for i in thinned_indices(len(rows), max_points)]
        else:
            found = connection.execute(sampled(long, read, max_points=max_points, rows_per_point=1))
            kept = list({row.first_step: row for row in found}.values())
    return StoredMetrics(
        tuple(row.first_step for row in kept),
        tuple(row.seconds for row in kept),
        {name: tuple(getattr(row, name) for row in kept) for name in names},
    )
