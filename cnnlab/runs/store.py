"""The runs of one folder: what was asked for, how it went, what came out. Many processes may use it at once."""

import json
import secrets
import time
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, Row, func, insert, select, update

from cnnlab.home import default_folder
from cnnlab.lock import is_held
from cnnlab.runs.database import Database, epochs, runs, steps
from cnnlab.runs.folder import run_folder, run_lock, scheduler_lock
from cnnlab.runs.record import Record
from cnnlab.runs.run import Curve, Run, UnknownRun
from cnnlab.runs.turns import Waiting, in_turn
from cnnlab.training.events import EpochEnd
from cnnlab.training.recipe import Recipe

if TYPE_CHECKING:
    from cnnlab.architectures import NetworkSpec

ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""None looks like another."""


def open_store(path: Path | None = None) -> "Store":
    """The store in the folder `path`, made if need be, or else in the user's. Raises `StoreUnavailable`."""
    return Store(path or default_folder())


class Store:
    """What is known about runs, in a database and a folder per run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.database = Database(self.folder)

    def close(self) -> None:
        """Let the database go. A store that is forgotten without this harms nobody."""
        self.database.close()

    def submit(self, spec: "NetworkSpec", recipe: Recipe, *, name: str, owner: str) -> Run:
        """Put a run in the queue; a scheduler starts it when it is its turn."""
        from cnnlab.architectures import family_of

        run_id = "".join(secrets.choice(ID_LETTERS) for _ in range(10))
        row = {
            "id": run_id,
            "name": name,
            "owner": owner,
            "family": family_of(spec).name,
            "spec": json.dumps(spec.values),
            "recipe": json.dumps(recipe.values),
            "state": "queued",
            "created_at": time.time(),
        }
        with self.database.writing(durable=True) as connection:
            connection.execute(insert(runs).values(row))
        return self.run(run_id)

    def run(self, run_id: str) -> Run:
        """The run as it stands. Raises `UnknownRun`."""
        self._see_to_abandoned()
        with self.database.reading() as connection:
            return _run_from(_row(connection, run_id))

    def runs(self, limit: int = 100) -> list[Run]:
        """The runs as they stand, newest first."""
        self._see_to_abandoned()
        newest = select(runs).order_by(runs.c.number.desc()).limit(limit)
        with self.database.reading() as connection:
            return [_run_from(row) for row in connection.execute(newest)]

    def queue_position(self, run_id: str) -> int | None:
        """1 if the run is the next to start, and so on; None if it does not wait."""
        order = self.queue()
        return order.index(run_id) + 1 if run_id in order else None

    def queue(self) -> list[str]:
        """The queued runs in the order in which they will start."""
        queued = select(runs.c.id, runs.c.owner, runs.c.number).where(runs.c.state == "queued")
        turns = select(runs.c.owner, func.max(runs.c.started_at)).where(runs.c.started_at.is_not(None))
        with self.database.reading() as connection:
            waiting = [Waiting(*row) for row in connection.execute(queued)]
            if not waiting:
                return []
            last_turns = {row[0]: row[1] for row in connection.execute(turns.group_by(runs.c.owner))}
        return in_turn(waiting, last_turns)

    def curve(self, run_id: str, max_points: int = 400) -> Curve:
        """What was measured so far, in at most `max_points` points. Raises `UnknownRun`."""
        import numpy as np

        from cnnlab.runs.curve import thinned

        with self.database.reading() as connection:
            number = _row(connection, run_id).number
            taken = select(steps.c.losses, steps.c.accuracies).where(steps.c.run == number).order_by(steps.c.first_step)
            rows = connection.execute(taken).all()
            ended = connection.execute(select(epochs).where(epochs.c.run == number).order_by(epochs.c.epoch)).all()
        losses, accuracies = (np.frombuffer(b"".join(row[column] for row in rows), np.float32) for column in (0, 1))
        numbers = np.arange(1, len(losses) + 1)
        points = thinned(np.stack([numbers, losses, accuracies], axis=1), max_points)
        train_steps, train_loss, train_accuracy = (tuple(column) for column in points.T.tolist())
        return Curve(
            train_steps=train_steps,
            train_loss=train_loss,
            train_accuracy=train_accuracy,
            epoch_ends=tuple(EpochEnd(**{k: v for k, v in row._mapping.items() if k != "run"}) for row in ended),
        )

    def request_stop(self, run_id: str) -> None:
        """Ask a run to stop: a queued one has stopped at once, a running one within a second. Raises `UnknownRun`."""
        queued, running = (update(runs).where(runs.c.id == run_id, runs.c.state == s) for s in ("queued", "running"))
        with self.database.writing(durable=True) as connection:
            _row(connection, run_id)
            connection.execute(running.values(stop_requested=True))
            connection.execute(queued.values(state="stopped", ended_at=time.time()))

    def weights(self, run_id: str, which: Literal["best", "last"]) -> Path | None:
        """The safetensors file of the best epoch's weights or of the last ones, once there is one."""
        path = run_folder(self.folder, self.run(run_id).id) / f"{which}.safetensors"
        return path if path.is_file() else None

    def log(self, run_id: str) -> str:
        """What the worker wrote while it carried out the run."""
        path = run_folder(self.folder, self.run(run_id).id) / "log.txt"
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    def _see_to_abandoned(self) -> None:
        """Mark the runs whose process is gone, where no scheduler does so."""
        if is_held(scheduler_lock(self.folder)):
            return
        with self.database.reading() as connection:
            running = connection.scalars(select(runs.c.id).where(runs.c.state == "running")).all()
        for run_id in running:
            if not is_held(run_lock(self.folder, run_id)):
                Record(self.database, self.folder, run_id).end_abandoned()


def _row(connection: Connection, run_id: str) -> Row[Any]:
    row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise UnknownRun(f"There is no run {run_id!r} here: it belongs to another folder, or the link is incomplete.")
    return row


def _run_from(row: Row[Any]) -> Run:
    values = dict(row._mapping)
    for unseen in ("number", "stop_requested"):
        del values[unseen]
    values["spec"] = _spec_from(values["family"], values["spec"])
    values["recipe"] = _recipe_from(values["recipe"])
    values["notes"] = tuple(json.loads(values["notes"]))
    for moment in ("created_at", "started_at", "ended_at"):
        if values[moment] is not None:
            values[moment] = datetime.fromtimestamp(values[moment], UTC)
    return Run(**values)


@lru_cache(maxsize=512)
def _spec_from(family: str, text: str) -> "NetworkSpec":
    from cnnlab.architectures import FAMILIES

    return FAMILIES[family].spec(**json.loads(text))


@lru_cache(maxsize=512)
def _recipe_from(text: str) -> Recipe:
    return Recipe(**json.loads(text))
