"""The runs of one folder: what was asked for, how it went, what came out. Many processes may use it at once."""

import json
import os
import secrets
import shutil
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, Row, func, insert, select, update

from cnnlab.home import default_folder
from cnnlab.lock import is_held
from cnnlab.runs.run import MAX_POINTS, Curve, NotPossible, Run, StoreUnavailable, UnknownRun, Wish
from cnnlab.runs.settings import Settings, read_settings
from cnnlab.runs.store.database import Database
from cnnlab.runs.store.files import checkpoint_file, run_folder, run_lock, scheduler_lock
from cnnlab.runs.store.queue import Waiting, in_turn
from cnnlab.runs.store.recorder import Record
from cnnlab.runs.store.tables import runs
from cnnlab.spec import Refused
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
        try:
            url = read_settings(self.folder).database
        except Refused as refused:
            raise StoreUnavailable(str(refused)) from refused
        self.database = Database(self.folder, url)

    @property
    def is_read_only(self) -> bool:
        """Whether nothing may be written in the folder: runs can be looked at, and all else is `StoreUnavailable`."""
        return self.database.is_read_only

    def close(self) -> None:
        """Let the database go. A store that is forgotten without this harms nobody."""
        self.database.close()

    def settings(self) -> Settings:
        """What the owner of the machine has decided. Raises `Refused` where that cannot be read."""
        return read_settings(self.folder)

    def submit(self, spec: "NetworkSpec", recipe: Recipe, *, name: str, owner: str) -> Run:
        """Put a run in the queue; a scheduler starts it when it is its turn. Raises `Refused` beyond a limit."""
        return self.submit_fork(spec, recipe, name=name, owner=owner)

    def submit_fork(
        self,
        spec: "NetworkSpec",
        recipe: Recipe,
        *,
        name: str,
        owner: str,
        parent: Run | None = None,
        parent_epoch: int | None = None,
        start: Path | None = None,
    ) -> Run:
        """The same for a run that goes on from the checkpoint in the file `start`, which it gets a copy of."""
        from cnnlab.architectures import family_of
        from cnnlab.runs.store.limits import check_limits
        from cnnlab.training.memory import gpu_memory

        run_id = "".join(secrets.choice(ID_LETTERS) for _ in range(10))
        check_limits(self, spec, recipe, owner=owner)
        row = {
            "id": run_id,
            "name": name,
            "owner": owner,
            "family": family_of(spec).name,
            "spec": json.dumps(spec.values),
            "recipe": json.dumps(recipe.values),
            "state": "queued",
            "created_at": time.time(),
            "forecast_bytes": gpu_memory(spec, recipe),
            "parent": parent and parent.id,
            "parent_epoch": parent_epoch,
        }
        if start is not None:
            try:
                copy_whole(start, checkpoint_file(self.folder, run_id))
            except OSError as error:
                raise StoreUnavailable(
                    f"The checkpoint cannot be copied in {self.folder} ({error.strerror}): make sure that the folder is"
                    " yours and the disk is not full."
                ) from error
        with self.database.writing(durable=True) as connection:
            connection.execute(insert(runs).values(row))
        return self.run(run_id)

    def run(self, run_id: str) -> Run:
        """The run as it stands. Raises `UnknownRun`."""
        self._see_to_abandoned()
        with self.database.reading() as connection:
            return _run_from(_row(connection, run_id))

    def runs(self, limit: int = 100, *, deleted: bool = False) -> list[Run]:
        """The runs as they stand, newest first; or those that were deleted, as long as they can be brought back.

        Those of which this version does not know what they trained are left out, and stay in the store.
        """
        self._see_to_abandoned()
        which = runs.c.deleted_at.is_not(None) if deleted else runs.c.deleted_at.is_(None)
        newest = select(runs).where(which).order_by(runs.c.number.desc()).limit(limit)
        with self.database.reading() as connection:
            rows = connection.execute(newest).all()
        found = []
        for row in rows:
            with suppress(UnknownRun):
                found.append(_run_from(row))
        return found

    def queue_position(self, run_id: str) -> int | None:
        """1 if the run is the next to start, and so on; None if it does not wait."""
        order = self.queue()
        return order.index(run_id) + 1 if run_id in order else None

    def queue(self) -> list[str]:
        """The queued runs in the order in which they will start."""
        queued = select(runs.c.id, runs.c.owner, runs.c.number, runs.c.priority).where(runs.c.state == "queued")
        turns = select(runs.c.owner, func.max(runs.c.turn)).where(runs.c.turn > 0)
        with self.database.reading() as connection:
            waiting = [Waiting(*row) for row in connection.execute(queued)]
            if not waiting:
                return []
            last_turns = {row[0]: row[1] for row in connection.execute(turns.group_by(runs.c.owner))}
        return in_turn(waiting, last_turns)

    def curve(self, run_id: str, max_points: int = MAX_POINTS) -> Curve:
        """What was measured so far, in at most `max_points` points. Raises `UnknownRun`."""
        from cnnlab.runs.store.curve import Measured  # which imports numpy

        measured = Measured(run_id)
        with self.database.reading() as connection:
            _row(connection, run_id)
            measured.read(connection)
        return measured.curve(max_points)

    def request_stop(self, run_id: str) -> None:
        """Ask a run to stop: a waiting one has stopped at once, a running one within a second. Raises `UnknownRun`."""
        self._wish(run_id, "stop", "stopped")

    def request_pause(self, run_id: str) -> None:
        """Ask a run to make room and keep its place: it goes on from there when it is resumed. Raises `UnknownRun`."""
        self._wish(run_id, "pause", "paused")

    def resume(self, run_id: str) -> None:
        """Let a run that has not come to its end wait for its turn again, and go on from its last checkpoint.

        Raises `UnknownRun`, `NotPossible` for a run that needs no resuming, and `Refused` beyond a limit.
        """
        from cnnlab.runs.store.limits import check_waiting

        run = self.run(run_id)
        if run.deleted_at is not None:
            raise NotPossible("The run is deleted: bring it back first.")
        if not run.resumable:
            which = "one that is paused, stopped or interrupted, or has failed,"
            raise NotPossible(f"The run is {run.state}: only {which} can be resumed.")
        check_waiting(self, run.owner)
        again = update(runs).where(runs.c.id == run_id, runs.c.state == run.state)
        with self.database.writing(durable=True) as connection:
            connection.execute(again.values(state="queued", sentence="", wish="", ended_at=None))

    def go_first(self, run_id: str) -> None:
        """Let a waiting run start before all others that wait. Raises `UnknownRun`."""
        above = select(func.max(runs.c.priority) + 1).where(runs.c.state == "queued").scalar_subquery()
        with self.database.writing(durable=True) as connection:
            _row(connection, run_id)
            first = update(runs).where(runs.c.id == run_id, runs.c.state == "queued")
            connection.execute(first.values(priority=func.coalesce(above, 1)))

    def change(self, run_id: str, **values: Any) -> None:
        """Write columns of the run that say nothing about how it is carried out. Raises `UnknownRun`."""
        with self.database.writing(durable=True) as connection:
            _row(connection, run_id)
            connection.execute(update(runs).where(runs.c.id == run_id).values(values))

    def weights(self, run_id: str, which: Literal["best", "last"]) -> Path | None:
        """The safetensors file of the best epoch's weights or of the last ones, once there is one."""
        path = run_folder(self.folder, self.run(run_id).id) / f"{which}.safetensors"
        return path if path.is_file() else None

    def log(self, run_id: str) -> str:
        """What the worker wrote while it carried out the run."""
        path = run_folder(self.folder, self.run(run_id).id) / "log.txt"
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    def _wish(self, run_id: str, wish: Wish, state: str) -> None:
        queued, running = (update(runs).where(runs.c.id == run_id, runs.c.state == s) for s in ("queued", "running"))
        with self.database.writing(durable=True) as connection:
            _row(connection, run_id)
            connection.execute(running.values(wish=wish))
            connection.execute(queued.values(state=state, ended_at=time.time()))

    def _see_to_abandoned(self) -> None:
        """Mark the runs whose process is gone, where no scheduler does so."""
        if self.is_read_only or is_held(scheduler_lock(self.folder)):
            return
        with self.database.reading() as connection:
            running = connection.scalars(select(runs.c.id).where(runs.c.state == "running")).all()
        for run_id in running:
            if not is_held(run_lock(self.folder, run_id)):
                # On a full disk it is marked another time; what is there is shown all the same.
                with suppress(StoreUnavailable):
                    Record(self.database, self.folder, run_id).end_abandoned()


def copy_whole(source: Path, target: Path) -> None:
    """A second name for a file that is never changed, or a copy where the disk has no second names."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        os.link(source, partial)
    except OSError:
        try:
            shutil.copyfile(source, partial)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
    partial.replace(target)


def _row(connection: Connection, run_id: str) -> Row[Any]:
    row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise UnknownRun(f"There is no run {run_id!r} here: it belongs to another folder, or the link is incomplete.")
    return row


def _run_from(row: Row[Any]) -> Run:
    values = dict(row._mapping)
    for unseen in ("number", "turn", "forecast_bytes"):
        del values[unseen]
    try:
        values["spec"] = _spec_from(values["family"], values["spec"])
        values["recipe"] = _recipe_from(values["recipe"])
    except (KeyError, Refused) as error:
        raise UnknownRun(
            f"Run {row.id!r} was written by another version of CNN Lab, and this one does not know what it trained"
            f" ({error}): open it with that version."
        ) from error
    for several in ("notes", "tags"):
        values[several] = tuple(json.loads(values[several]))
    for moment in ("created_at", "started_at", "ended_at", "deleted_at"):
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
