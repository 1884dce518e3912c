"""Which rows of a run's steps are read: all of a short run, and of a long one those around the points of a chart."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, and_, func, literal, select, union_all

from cnnlab.runs.store.tables import runs, steps
from cnnlab.runs.thinning import stride_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LongRun:
    """The run of that number, whose rows begin with the steps from `first` to `last`, and are that many or more.

    `steps_per_row` is the mean over its first or its last rows, whichever have fewer.
    """

    number: int
    first: int
    last: int
    steps_per_row: float


def number_of(connection: Connection, run_id: str) -> int | None:
    """The number of the run in the tables."""
    return connection.scalar(select(runs.c.number).where(runs.c.id == run_id))


def long_run(connection: Connection, number: int, most_rows: int) -> LongRun | None:
    """The run if it has more rows than that; this reads nothing but the index, and no further than so many rows."""
    begins = select(steps.c.first_step).where(steps.c.run == number)
    upwards, downwards = begins.order_by(steps.c.first_step), begins.order_by(steps.c.first_step.desc())
    after_first = connection.scalar(upwards.offset(most_rows).limit(1))
    if after_first is None:
        return None
    first, last = connection.scalar(upwards.limit(1)), connection.scalar(downwards.limit(1))
    before_last = connection.scalar(downwards.offset(most_rows).limit(1))
    assert first is not None
    assert last is not None
    assert before_last is not None
    return LongRun(
        number=number,
        first=first,
        last=last,
        steps_per_row=min(after_first - first, last - before_last) / most_rows,
    )


def sampled(
    run: LongRun, columns: Iterable[ColumnElement[Any]], *, max_points: int, rows_per_point: int
) -> Select[Any]:
    """The rows that hold the points of a thinned curve, as many before each of them, the first and the last one.

    A row may come twice. The points are those of `thinned_indices` over all steps, of which the database computes each
    and seeks its rows in the index, so that the cost does not grow with the run.
    """
    stride = stride_of(run.last - run.first + 1, max_points)
    before = round(run.steps_per_row * (rows_per_point - 1))
    point = select(literal(run.first + stride - 1, Integer).label("step")).cte("point", recursive=True)
    point = point.union_all(select(point.c.step + stride).where(point.c.step + stride <= run.last))
    ends = union_all(
        select(point.c.step),
        select(literal(run.first, Integer).label("step")),
        select(literal(run.last, Integer).label("step")),
    ).cte("ends")
    earlier = steps.alias("earlier")
    begin = select(func.max(earlier.c.first_step)).where(
        earlier.c.run == run.number, earlier.c.first_step <= ends.c.step - before
    )
    spans = select(ends.c.step, func.coalesce(begin.scalar_subquery(), run.first).label("begin")).cte("spans")
    # PostgreSQL would otherwise seek the beginning of each span again for each row of the run.
    spans = spans.prefix_with("MATERIALIZED", dialect="postgresql")
    inside = and_(steps.c.run == run.number, steps.c.first_step >= spans.c.begin, steps.c.first_step <= spans.c.step)
    return select(*columns).select_from(spans.join(steps, inside)).order_by(steps.c.first_step)
