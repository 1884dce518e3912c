"""The curve of a run: read incrementally, and reduced to fewer points than it has steps."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Row, select

from cnnlab.runs.run import MAX_POINTS, Curve, DamagedCurve
from cnnlab.runs.store.sampling import long_run, number_of, sampled
from cnnlab.runs.store.tables import epochs, steps
from cnnlab.runs.thinning import thinned_indices
from cnnlab.training.events import EpochEnd
from cnnlab.words.sentence import Sentence

MOST_ROWS = 4096
"""A run with more rows, which are several minutes of training, is read in part: around the points of its curve."""

SMOOTHED_STEPS = 200
"""How many steps before each point of such a run are read, as far as its rows allow, to smooth its curve."""

NEGLIGIBLE = 1e-4
"""The weight of a value below which a smoothed curve leaves it out."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class StepValues:
    """The loss and the accuracy of single `steps`: of all, or of those at and just before the `points` of a chart.

    `seconds` is the computing time up to each of the points.
    """

    points: Values
    seconds: Values
    steps: Values
    loss: Values
    accuracy: Values

    @classmethod
    def of(cls, curve: Curve) -> "StepValues":
        """Those of a curve; of one that has none, its means as if they were single steps."""
        if curve.values is not None:
            return curve.values
        at, *rest = map(np.asarray, (curve.train_steps, curve.train_seconds, curve.train_loss, curve.train_accuracy))
        return cls(at, rest[0], at, rest[1], rest[2])

    def smoothed(self, metric: Literal["loss", "accuracy"], keep: float) -> list[float]:
        """The means of that metric before each point, in which each step has the share `keep` of the next one's weight.

        They are over steps, not over points: a run that is trained longer has the same curve where both have a point.
        """
        values: Values = getattr(self, metric)
        reach = math.log(NEGLIGIBLE) / math.log(keep) if keep else 0.5
        begins = np.searchsorted(self.steps, self.points - reach)
        ends = np.searchsorted(self.steps, self.points, side="right")
        means = []
        for point, begin, end in zip(self.points, begins, ends, strict=True):
            weights = keep ** (point - self.steps[begin:end])
            means.append(float(weights @ values[begin:end] / weights.sum()))
        return means


class Measured:
    """The steps and epochs of one run, as far as they were read: of more than `most_rows` rows some."""

    def __init__(self, run_id: str, most_rows: int | None = MOST_ROWS) -> None:
        self._run_id, self._most_rows = run_id, most_rows
        self._rows: list[Row[Any]] = []  # of the table of steps
        self._ends: list[EpochEnd] = []

    def read(self, connection: Connection) -> None:
        """Read what is new since the last time, or everything after a resumed run has deleted some of it.

        Raises `DamagedCurve`.
        """
        number = number_of(connection, self._run_id)
        if number is None:
            return
        is_much = self._most_rows is not None and len(self._rows) > 2 * self._most_rows
        if is_much or not self._read_on(connection, number):
            self._rows, self._ends = [], []
            self._read_on(connection, number)

    def curve(self, max_points: int = MAX_POINTS) -> Curve:
        """The curve with at most `max_points` training steps, and all epochs."""
        first_steps, ends, *blobs = zip(*self._rows, strict=True) if self._rows else ((), (), (), ())
        losses, accuracies = (np.frombuffer(b"".join(column), np.float32) for column in blobs)
        begins = np.array(first_steps, np.int64)
        lengths = np.array(list(map(len, blobs[0])), np.int64) // losses.itemsize
        # The number of each value's step: the first one of its row, and its place in that row.
        steps = np.repeat(begins - np.cumsum(lengths) + lengths, lengths) + np.arange(len(losses))
        first = int(begins[0]) if self._rows else 1
        # Between two recorded times, all steps are taken to be equally long.
        times = [first - 1, *(begins + lengths - 1)], [0.0 if first == 1 or not ends else ends[0], *ends]
        columns = np.stack([steps, np.interp(steps, *times), losses, accuracies], axis=1)
        train_steps, train_seconds, train_loss, train_accuracy = (
            tuple(column) for column in thinned(columns, max_points, steps - first).T.tolist()
        )
        count = int(steps[-1]) - first + 1 if len(steps) else 0
        points = first + np.array(thinned_indices(count, max_points), np.int64)
        points = points[steps[np.searchsorted(steps, points)] == points]  # those that were read
        return Curve(
            train_steps=train_steps,
            train_seconds=train_seconds,
            train_loss=train_loss,
            train_accuracy=train_accuracy,
            epoch_ends=tuple(self._ends),
            values=StepValues(
                points=points.astype(np.float64),
                seconds=np.interp(points, *times),
                steps=steps.astype(np.float64),
                loss=losses.astype(np.float64),
                accuracy=accuracies.astype(np.float64),
            ),
        )

    def _read_on(self, connection: Connection, number: int) -> bool:
        """Read what is new; False if the last row or epoch that was read is gone (both are read again to check)."""
        rows = self._new_rows(connection, number)
        columns = [column for column in epochs.c if column.name != "run"]
        since = self._ends[-1].epoch if self._ends else 0
        ended = select(*columns).where(epochs.c.run == number, epochs.c.epoch >= since)
        ends = [EpochEnd(**row._mapping) for row in connection.execute(ended.order_by(epochs.c.epoch))]
        if not all(map(_is_sound, rows)) or not all(map(_is_number, ends)):
            sentence = Sentence(
                "The curve of run {run_id!r} is damaged: delete the run, or restore the store from a copy.",
                run_id=self._run_id,
            )
            raise DamagedCurve(sentence)
        if (self._rows and rows[:1] != self._rows[-1:]) or (self._ends and ends[:1] != self._ends[-1:]):
            return False
        self._rows[-1:], self._ends[-1:] = rows, ends
        return True

    def _new_rows(self, connection: Connection, number: int) -> Sequence[Row[Any]]:
        columns = [steps.c.first_step, steps.c.seconds, steps.c.losses, steps.c.accuracies]
        if not self._rows and self._most_rows is not None:
            long = long_run(connection, number, self._most_rows)
            if long is not None:
                each = min(self._most_rows // MAX_POINTS, 1 + math.ceil(SMOOTHED_STEPS / long.steps_per_row))
                query = sampled(long, columns, max_points=MAX_POINTS, rows_per_point=each)
                return list({row.first_step: row for row in connection.execute(query)}.values())
        since = self._rows[-1].first_step if self._rows else 0
        later = select(*columns).where(steps.c.run == number, steps.c.first_step >= since)
        return connection.execute(later.order_by(steps.c.first_step)).all()


def _is_sound(row: Row[Any]) -> bool:
    """Whether a row of steps has as many losses as accuracies, and numbers where numbers should be."""
    first, seconds, losses, accuracies = list(row)
    are_bytes = isinstance(losses, bytes) and isinstance(accuracies, bytes)
    are_numbers = isinstance(first, int) and isinstance(seconds, float)
    return are_bytes and are_numbers and len(losses) == len(accuracies) and len(losses) % 4 == 0 < len(losses)


def _is_number(end: EpochEnd) -> bool:
    return all(value is None or isinstance(value, int | float) for value in asdict(end).values())


def thinned(values: npt.NDArray[Any], max_points: int, places: npt.NDArray[Any] | None = None) -> Values:
    """Means over equal intervals along the first axis, at most `max_points` of them; the last point is the last value.

    The length of an interval is a power of 2, and intervals do not move as values are added: the points of a growing
    curve stay where they are until all intervals double. `places` are those of the values, counted from 0, where some
    values are left out.
    """
    assert max_points >= 2
    places = np.arange(len(values)) if places is None else places
    if not len(values) or places[-1] < max_points:
        return values.astype(np.float64)
    last, before_last = int(places[-1]), len(values) - 1
    interval = 1
    while -(-last // interval) + 1 > max_points:
        interval *= 2
    starts = np.unique(np.searchsorted(places[:-1], np.arange(0, last, interval)))
    starts = starts[starts < before_last]
    lengths = np.diff(starts, append=before_last).reshape(-1, *(1,) * (values.ndim - 1))
    means = np.add.reduceat(values[:-1].astype(np.float64), starts) / lengths
    return np.concatenate([means, values[-1:]])
