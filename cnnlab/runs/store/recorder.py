"""The course of one run, recorded in the store."""

import json
import time
from array import array
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from sqlalchemy import delete, func, insert, select, update

from cnnlab.lock import is_held
from cnnlab.runs.machine import ResourceUse
from cnnlab.runs.run import Request, StoreUnavailable
from cnnlab.runs.store.database import Database
from cnnlab.runs.store.files import checkpoint_file, run_folder, run_lock, scheduler_lock
from cnnlab.runs.store.tables import epochs, runs, steps
from cnnlab.training.events import EpochEnd, Event, Finished, Started, Steps
from cnnlab.training.step_metrics import STEP_METRICS
from cnnlab.words.sentence import Sentence


class Recorder:
    """Records a run, for the process that trains it, and for any other that finds that this process has died.

    A state changes only from the expected one: of two processes that end a run, only the first one does.
    """

    def __init__(self, database: Database, folder: Path, run_id: str) -> None:
        self._database, self._folder, self._run_id = database, folder, run_id
        with database.reading() as connection:
            self._number: int = connection.execute(select(runs.c.number).where(runs.c.id == run_id)).scalar_one()
        self._this = runs.c.number == self._number
        self._update = update(runs).where(self._this)

    def begin(self) -> bool:
        """Mark the queued run as running, by the caller; False if it was no longer queued."""
        start_number = select(func.max(runs.c.start_number) + 1).scalar_subquery()
        began = self._update.where(runs.c.state == "queued").values(
            state="running",
            started_at=time.time(),
            start_number=start_number,
            request="",
            priority=0,  # it is used up: when the run is resumed, it is queued as any other
        )
        with self._database.writing(durable=True) as connection:
            return connection.execute(began).rowcount == 1

    def request(self) -> Request:
        """What is requested of the run."""
        with self._database.reading() as connection:
            return connection.execute(select(runs.c.request).where(self._this)).scalar_one()

    def rewind(self, step: int, epoch: int) -> None:
        """Delete what was recorded after that step and epoch, which will be computed again."""
        with self._database.writing() as connection:
            connection.execute(delete(steps).where(steps.c.run == self._number, steps.c.first_step > step))
            connection.execute(delete(epochs).where(epochs.c.run == self._number, epochs.c.epoch > epoch))
            connection.execute(self._update.values(step=step, epoch=epoch))

    def write(self, event: Event, use: ResourceUse | None = None) -> None:
        """Record an event of the training, and what its process used of the machine since the last one."""
        with self._database.writing(durable=isinstance(event, Finished)) as connection:
            match event:
                case Started():
                    notes = json.dumps(_stored(event.notes))
                    started = self._update.values(device=event.device, total_steps=event.total_steps, notes=notes)
                    connection.execute(started)
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
                        self._update.values(
                            step=event.last_step,
                            seconds=event.seconds,
                            examples_per_second=event.examples_per_second,
                            seconds_left=(runs.c.total_steps - event.last_step) * (event.seconds / event.last_step),
                        )
                    )
                case EpochEnd():
                    connection.execute(insert(epochs).values(run=self._number, **asdict(event)))
                    last = {"epoch": event.epoch, "test_accuracy": event.test_accuracy, "seconds": event.seconds}
                    best = {"best_epoch": event.epoch, "best_test_accuracy": event.test_accuracy}
                    connection.execute(self._update.values(last | best if event.is_best else last))
                case Finished():
                    requested = select(runs.c.notes, runs.c.request).where(self._this)
                    notes, request = connection.execute(requested).one()
                    connection.execute(
                        self._update.where(runs.c.state == "running").values(
                            notes=json.dumps([*json.loads(notes), *_stored(event.notes)]),
                            state="paused" if event.state == "stopped" and request == "pause" else event.state,
                            request="",
                            ended_at=time.time(),
                            seconds_left=None,
                            examples_per_second=event.examples_per_second,
                        )
                    )

    def explain(self, sentence: Sentence) -> None:
        """Record why the run ends as it does."""
        with self._database.writing() as connection:
            connection.execute(self._update.values(sentence=sentence.stored()))

    def end(
        self, state: Literal["failed", "interrupted"], sentence: Sentence, *, was: str = "running", patient: bool = True
    ) -> None:
        """End the run early, for the reason in `sentence`, unless it has ended already.

        Unless `patient`, it does not wait for others to finish writing.
        """
        values = {"state": state, "sentence": sentence.stored(), "ended_at": time.time()}
        ended = self._update.where(runs.c.state == was).values(**values, request="", seconds_left=None)
        with self._database.writing(durable=True, patient=patient) as connection:
            connection.execute(ended)

    def end_abandoned(self, *, was: str = "running", patient: bool = True) -> None:
        """End the run as interrupted, because its process has died."""
        with self._database.reading() as connection:
            row = connection.execute(select(runs).where(self._this)).one()
        # What it was writing when it died would stay for good.
        for partial in run_folder(self._folder, self._run_id).glob("*.partial"):
            with suppress(OSError):
                partial.unlink()
        is_saved = checkpoint_file(self._folder, self._run_id).is_file()
        template = (
            "Its process died after step {step} of {total_steps}: it was killed, the memory ran out, or the machine was"
            " switched off. Resume the run to {resume}."
            if row.total_steps
            else "Its process died before its first step: it was killed, the memory ran out, or the machine was"
            " switched off. Resume the run to {resume}."
        )
        sentence = Sentence(
            template,
            step=row.step,
            total_steps=row.total_steps,
            resume=Sentence("continue from its last checkpoint" if is_saved else "start it again"),
        )
        self.end("interrupted", sentence, was=was, patient=patient)


def end_abandoned_runs(database: Database, folder: Path) -> None:
    """Mark the running runs whose process has died as interrupted, where no scheduler does so."""
    if database.is_read_only or is_held(scheduler_lock(folder)):
        return
    with database.reading() as connection:
        running = connection.scalars(select(runs.c.id).where(runs.c.state == "running")).all()
    for run_id in running:
        if not is_held(run_lock(folder, run_id)):
            # On a full disk, or while another process writes, it is marked later; the runs can still be read.
            with suppress(StoreUnavailable):
                Recorder(database, folder, run_id).end_abandoned(patient=False)


def _stored(notes: Iterable[str]) -> list[str]:
    return [(note if isinstance(note, Sentence) else Sentence.verbatim(note)).stored() for note in notes]


def _metric_values(event: Steps, use: ResourceUse | None) -> dict[str, float | None]:
    """The values of all `STEP_METRICS` by name, each from where it was measured."""
    measured = {**asdict(event), **event.metrics, **(asdict(use) if use else {})}
    return {metric.name: measured.get(metric.name) for metric in STEP_METRICS}
