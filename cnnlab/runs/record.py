"""What happens to one run, written into the store as it happens."""

import json
import time
from array import array
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from sqlalchemy import ColumnElement, insert, select, update

from cnnlab.runs.database import Database, epochs, runs, steps
from cnnlab.runs.folder import run_folder
from cnnlab.training.events import EpochEnd, Event, Finished, Started, Steps


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
        began = update(runs).where(self._is("queued")).values(state="running", started_at=time.time())
        with self._database.writing(durable=True) as connection:
            return connection.execute(began).rowcount == 1

    def stop_requested(self) -> bool:
        with self._database.reading() as connection:
            asked = select(runs.c.stop_requested).where(runs.c.number == self._number)
            return bool(connection.execute(asked).scalar_one())

    def write(self, event: Event) -> None:
        """Write down what the training told."""
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
                            learning_rate=event.learning_rate,
                            examples_per_second=event.examples_per_second,
                            seconds=event.seconds,
                        )
                    )
                    connection.execute(
                        mine.values(
                            step=event.last_step,
                            examples_per_second=event.examples_per_second,
                            seconds_left=(runs.c.total_steps - event.last_step) * (event.seconds / event.last_step),
                        )
                    )
                case EpochEnd():
                    connection.execute(insert(epochs).values(run=self._number, **asdict(event)))
                    connection.execute(mine.values(epoch=event.epoch, test_accuracy=event.test_accuracy))
                    if event.is_best:
                        best = mine.values(best_test_accuracy=event.test_accuracy, best_epoch=event.epoch)
                        connection.execute(best)
                case Finished():
                    ended = update(runs).where(self._is("running"))
                    told = connection.execute(select(runs.c.notes).where(runs.c.number == self._number)).scalar_one()
                    connection.execute(
                        ended.values(
                            notes=json.dumps([*json.loads(told), *event.notes]),
                            state=event.state,
                            ended_at=time.time(),
                            seconds_left=None,
                            examples_per_second=event.examples_per_second,
                        )
                    )

    def end(self, state: Literal["failed", "interrupted"], sentence: str, *, was: str = "running") -> None:
        """The run has ended before its time, for the reason in `sentence`, unless it had ended anyway."""
        ended = update(runs).where(self._is(was))
        with self._database.writing(durable=True) as connection:
            connection.execute(ended.values(state=state, sentence=sentence, ended_at=time.time(), seconds_left=None))

    def end_abandoned(self) -> None:
        """The process that carried out the run is gone, and has not said why."""
        with self._database.reading() as connection:
            row = connection.execute(select(runs).where(runs.c.number == self._number)).one()
        saved = (run_folder(self._folder, self._run_id) / "last.safetensors").is_file()
        kept = "The last weights it saved are kept." if saved else "It had saved no weights."
        self.end(
            "interrupted",
            f"Its process is gone since step {row.step} of {row.total_steps}: it was killed, the memory ran out, or the"
            f" machine was switched off. {kept} Start it again to train it to the end.",
        )

    def _is(self, state: str) -> ColumnElement[bool]:
        return (runs.c.number == self._number) & (runs.c.state == state)
