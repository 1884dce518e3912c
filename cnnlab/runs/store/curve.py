"""The curve of a run: read incrementally, and reduced to fewer points than it has steps."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Row, select

from cnnlab.runs.run import MAX_POINTS, Curve
from cnnlab.runs.store.tables import epochs, runs, steps
from cnnlab.training.events import EpochEnd


class Measured:
    """The steps and epochs of one run, as far as they were read."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._rows: list[Row[Any]] = []  # of the table of steps
        self._ends: list[EpochEnd] = []

    def read(self, connection: Connection) -> None:
        """Read what is new since the last time, or everything after a resumed run has deleted some of it."""
        if not self._read_on(connection):
            self._rows, self._ends = [], []
            self._read_on(connection)

    def curve(self, max_points: int = MAX_POINTS) -> Curve:
        """The curve with at most `max_points` training steps, and all epochs."""
        losses = np.frombuffer(b"".join(row.losses for row in self._rows), np.float32)
        accuracies = np.frombuffer(b"".join(row.accuracies for row in self._rows), np.float32)
        first = self._rows[0].first_step if self._rows else 1
        numbers = np.arange(first, first + len(losses))
        # Between two recorded times, all steps are taken to be equally long.
        lasts = [row.first_step + len(row.losses) // losses.itemsize - 1 for row in self._rows]
        ends = [row.seconds for row in self._rows]
        seconds = np.interp(numbers, [first - 1, *lasts], [0.0 if first == 1 else ends[0], *ends])
        points = thinned(np.stack([numbers, seconds, losses, accuracies], axis=1), max_points)
        train_steps, train_seconds, train_loss, train_accuracy = (tuple(column) for column in points.T.tolist())
        return Curve(
            train_steps=train_steps,
            train_seconds=train_seconds,
            train_loss=train_loss,
            train_accuracy=train_accuracy,
            epoch_ends=tuple(self._ends),
        )

    def _read_on(self, connection: Connection) -> bool:
        """Read what is new; False if the last row or epoch that was read is gone (both are read again to check)."""
        columns = [steps.c.first_step, steps.c.seconds, steps.c.losses, steps.c.accuracies]
        since = self._rows[-1].first_step if self._rows else 0
        later = select(*columns).join(runs).where(runs.c.id == self._run_id, steps.c.first_step >= since)
        rows = connection.execute(later.order_by(steps.c.first_step)).all()
        columns = [column for column in epochs.c if column.name != "run"]
        since = self._ends[-1].epoch if self._ends else 0
        ended = select(*columns).join(runs).where(runs.c.id == self._run_id, epochs.c.epoch >= since)
        ends = [EpochEnd(**row._mapping) for row in connection.execute(ended.order_by(epochs.c.epoch))]
        if (self._rows and rows[:1] != self._rows[-1:]) or (self._ends and ends[:1] != self._ends[-1:]):
            return False
        self._rows[-1:], self._ends[-1:] = rows, ends
        return True


def thinned(values: npt.NDArray[Any], max_points: int) -> npt.NDArray[np.float64]:
    """Means over equal intervals along the first axis, at most `max_points` of them; the last point is the last value.

    The length of an interval is a power of 2, and intervals do not move as values are added: the points of a growing
    curve stay where they are until all intervals double.
    """
    assert max_points >= 2
    if len(values) <= max_points:
        return values.astype(np.float64)
    before_last = len(values) - 1
    interval = 1
    while -(-before_last // interval) + 1 > max_points:
        interval *= 2
    starts = np.arange(0, before_last, interval)
    lengths = np.diff(starts, append=before_last).reshape(-1, *(1,) * (values.ndim - 1))
    means = np.add.reduceat(values[:-1].astype(np.float64), starts) / lengths
    return np.concatenate([means, values[-1:]])
