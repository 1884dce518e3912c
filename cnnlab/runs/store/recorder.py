"""What happens to one run, written into the store as it happens."""

import json
import time
from array import array
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from cnnlab.runs.machine import Use
from cnnlab.runs.run import Wish
from cnnlab.runs.store.database import Database
from cnnlab.runs.store.files import checkpoint_file
from cnnlab.runs.store.tables import epochs, runs, steps
from cnnlab.training.events import EpochEnd, Event, Finished, Started, Steps
from cnnlab.training.step_metrics import STEP_METRICS


class Record:
    """The pen of whoever carries out a run, or sees to one that nobody carries out any more.

    A state changes only from the one that it must have had: of two who would end a run, the first does.
    """

    def __init__(self, database: Database, folder: Path, run_id: str) -> None:
        self._database, self._folder, self._run_id = database, folder, run_id
        with database.reading() as connection:
            self._number: int = connection.execute(select(runs.c.number).where(runs.c.id == run_id)).scalar_one()

    def begin(self) -> bool:
        """The queued run is running now, and the caller's; False if it was not queued any more."""
        turn = select(func.max(runs.c.turn) + 1).scalar_subquery()
        # Who went first has done so: resumed, the run waits as any other.
        now = {"state": "running", "started_at": time.time(), "turn": turn, "wish": "", "priority": 0}
        began = update(runs).where(self._is("queued")).values(now)
        with self._database.writing(durable=True) as connection:
            return connection.execute(began).rowcount == 1

    def wish(self) -> Wish:
        """What the run is asked for."""
        with self._database.reading() as connection:
            return connection.execute(select(runs.c.wish).where(runs.c.number == self._number)).scalar_one()

    def rewind(self, step: int, epoch: int) -> None:
        """Forget what came after, which is about to be computed again."""
        with self._database.writing() as connection:
            connection.execute(delete(steps).where(steps.c.run == self._number, steps.c.first_step > step))
            connection.execute(delete(epochs).where(epochs.c.run == self._number, epochs.c.epoch > epoch))
            connection.execute(update(runs).where(runs.c.number == self._number).values(step=step, epoch=epoch))

    def write(self, event: Event, use: Use | None = None) -> None:
        """Write down what the training told, and what its process used of the machine meanwhile."""
        mine = update(runs).where(runs.c.number == self._number)
        with self._database.writing(durable=isinstance(event, Finished)) as connection:
            match event:
                case Started():
                    notes = json.dumps(event.notes)
                    connection.execute(mine.values(device=event.device, total_steps=event.total_steps, notes=notes))
                case Steps():
                    connection.execute(
                        insert(steps).values(
                            run=self._number,
                            first_step=event.first_step,
                            losses=array("f", event.losses).tobytes(),
                            accuracies=array("f", event.accuracies).tobytes(),
                            seconds=event.seconds,
                            **_metric_values(event, use),
                        )
                    )
                    connection.execute(
                        mine.values(
                            step=event.last_step,
                            seconds=event.seconds,
                            examples_per_second=event.examples_per_second,
                            seconds_left=(runs.c.total_steps - event.last_step) * (event.seconds / event.last_step),
                        )
                    )
                case EpochEnd():
                    connection.execute(insert(epochs).values(run=self._number, **asdict(event)))
                    last = mine.values(epoch=event.epoch, test_accuracy=event.test_accuracy, seconds=event.seconds)
                    connection.execute(last)
                    if event.is_best:
                        best = mine.values(best_test_accuracy=event.test_accuracy, best_epoch=event.epoch)
                        connection.execute(best)
                case Finished():
                    ended = update(runs).where(self._is("running"))
                    asked = select(runs.c.notes, runs.c.wish).where(runs.c.number == self._number)
                    told, wish = connection.execute(asked).one()
                    connection.execute(
                        ended.values(
                            notes=json.dumps([*json.loads(told), *event.notes]),
                            state="paused" if event.state == "stopped" and wish == "pause" else event.state,
                            wish="",
                            ended_at=time.time(),
                            seconds_left=None,
                            examples_per_second=event.examples_per_second,
                        )
                    )

    def explain(self, sentence: str) -> None:
        """Say why the run ended as it did."""
        with self._database.writing() as connection:
            connection.execute(update(runs).where(runs.c.number == self._number).values(sentence=sentence))

    def end(self, state: Literal["failed", "interrupted"], sentence: str, *, was: str = "running") -> None:
        """The run has ended before its time, for the reason in `sentence`, unless it had ended anyway."""
        values = {"state": state, "sentence": sentence, "wish": "", "ended_at": time.time(), "seconds_left": None}
        with self._database.writing(durable=True) as connection:
            connection.execute(update(runs).where(self._is(was)).values(values))

    def end_abandoned(self) -> None:
        """The process that carried out the run is gone, and has not said why."""
        with self._database.reading() as connection:
            row = connection.execute(select(runs).where(runs.c.number == self._number)).one()
        saved = checkpoint_file(self._folder, self._run_id).is_file()
        kept = "Resume it: it goes on from its last checkpoint." if saved else "Resume it: it begins anew."
        self.end(
            "interrupted",
            f"Its process is gone since step {row.step} of {row.total_steps}: it was killed, the memory ran out, or the"
            f" machine was switched off. {kept}",
        )

    def _is(self, state: str) -> ColumnElement[bool]:
        return (runs.c.number == self._number) & (runs.c.state == state)


def _metric_values(event: Steps, use: Use | None) -> dict[str, float | None]:
    """The values of all `STEP_METRICS` by name, each from where it was measured."""
    measured = {**asdict(event), **event.metrics, **(asdict(use) if use else {})}
    return {metric.name: measured.get(metric.name) for metric in STEP_METRICS}
