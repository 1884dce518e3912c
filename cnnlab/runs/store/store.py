"""What can be done with runs: submit, pause, stop, resume, reorder. Every change is checked against its requester."""

import copy
import json
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import func, insert, select, update

from cnnlab.home import default_folder
from cnnlab.runs.permissions import FOLDER_OWNER, Requester, check_may_change, check_may_reorder, check_may_submit
from cnnlab.runs.run import (
    NotPossible,
    Request,
    Run,
    StoreUnavailable,
    WrongSettings,
    fitting_name,
    name_with_seed,
    why_not_active,
)
from cnnlab.runs.settings import Settings
from cnnlab.runs.store.files import checkpoint_file, epoch_file, kept_epochs, link_or_copy
from cnnlab.runs.store.reader import StoreReader
from cnnlab.runs.store.rows import find_row
from cnnlab.runs.store.tables import runs
from cnnlab.spec import Refused
from cnnlab.training.recipe import Recipe
from cnnlab.words.sentence import Sentence

if TYPE_CHECKING:
    from cnnlab.architectures import NetworkSpec

ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""No two of them look alike."""


def new_id() -> str:
    """An id for a run, or for a group of runs."""
    return "".join(secrets.choice(ID_LETTERS) for _ in range(10))


def open_store(path: Path | None = None) -> "Store":
    """The store in the folder `path`, or else in the user's; created if needed. Raises `StoreUnavailable`."""
    return Store(path or default_folder())


class Store(StoreReader):
    """The runs of one folder, and what their `requester` may change about them: everything, as the folder's owner.

    Stores of one database are equal, for any requester.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.requester = FOLDER_OWNER

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Store) and other.database is self.database

    def __hash__(self) -> int:
        return hash(self.database)

    def acting_for(self, requester: Requester) -> Self:
        """The same store, open once, for changes that `requester` asks for."""
        store = copy.copy(self)
        store.requester = requester
        return store

    def settings(self) -> Settings:
        """The settings of the folder. Raises `WrongSettings`, which tells only the folder's owner what is wrong."""
        try:
            return super().settings()
        except WrongSettings as problem:
            if self.requester.owns_folder:
                raise
            raise problem.for_visitors() from problem

    def submit(
        self,
        spec: "NetworkSpec",
        recipe: Recipe,
        *,
        owner: str,
        name: str | None = None,
        group: str | None = None,
        parent: str | None = None,
        parent_epoch: int | None = None,
    ) -> Run:
        """Put a run in the queue, for the scheduler of this folder. The run has the preset's name where none is given.

        `group` is one `new_id` for runs that are submitted together. With a `parent`, the run continues from the
        checkpoint at the end of its `parent_epoch`, which it gets a copy of. Raises `Refused` if the network's shapes
        do not fit together or a limit is exceeded, and `NotPossible` if there is no such checkpoint or the requester is
        not the `owner`.
        """
        self._check_submission(spec, recipe, owner, count=1)
        row = _row(spec, recipe, owner, name) | {"parent": parent, "parent_epoch": parent_epoch, "group": group}
        if parent is not None and parent_epoch is not None:
            self._copy_checkpoint(parent, parent_epoch, row["id"])
        return self._insert([row], owner)[0]

    def submit_seeds(
        self, spec: "NetworkSpec", recipe: Recipe, num_seeds: int, *, owner: str, name: str | None = None
    ) -> list[Run]:
        """Put a run for each of `num_seeds` consecutive seeds in the queue, or none of them where one cannot be.

        With more than one they are a group, and their names have the seeds. Raises as `submit`.
        """
        from cnnlab.architectures import name_of

        assert num_seeds >= 1
        if num_seeds == 1:
            return [self.submit(spec, recipe, owner=owner, name=name)]
        seeded = [recipe.replace(seed=recipe.seed + i) for i in range(num_seeds)]
        self._check_submission(spec, recipe, owner, count=num_seeds)
        name, group = name_of(spec) if name is None else name, new_id()
        rows = [_row(spec, one, owner, name_with_seed(name, one.seed)) | {"group": group} for one in seeded]
        return self._insert(rows, owner)

    def submit_together(
        self, trainings: Sequence[tuple["NetworkSpec", str]], recipe: Recipe, *, owner: str
    ) -> list[Run]:
        """Put a run of each network, with its name, in the queue, all with one recipe; or none where one cannot be.

        Raises as `submit`.
        """
        for spec, _ in trainings:
            self._check_submission(spec, recipe, owner, count=len(trainings), are_seeds=False)
        return self._insert([_row(spec, recipe, owner, name) for spec, name in trainings], owner)

    def request_stop(self, run_id: str) -> None:
        """Stop a queued run at once, and a running one within a second.

        Raises `UnknownRun`, and `NotPossible` for another's run, and for one that has ended otherwise.
        """
        self._request(run_id, "stop", "stopped")

    def request_pause(self, run_id: str) -> None:
        """Pause a run, so that others can start: it continues when it is resumed. Raises as `request_stop`."""
        self._request(run_id, "pause", "paused")

    def resume(self, run_id: str) -> None:
        """Put a run that has not finished back in the queue, to continue from its last checkpoint.

        Raises `UnknownRun`, `NotPossible` for a run that cannot be resumed, and `Refused` if a limit is exceeded.
        """
        from cnnlab.runs.store.limits import check_queued

        run = self.run(run_id)
        self._check_may_change(run.owner)
        if run.deleted_at is not None:
            raise NotPossible(Sentence("The run is deleted: restore it first."))
        if not run.resumable:
            template = (
                "The run is done: only a paused, stopped, interrupted or failed run can be resumed. Fork it to train it"
                " further."
                if run.state == "done"
                else "The run is {state}: only a paused, stopped, interrupted or failed run can be resumed."
            )
            sentence = Sentence(template, state=run.state)
            raise NotPossible(sentence)
        again = update(runs).where(runs.c.id == run_id, runs.c.state == run.state)
        with self.database.writing(durable=True) as connection:
            check_queued(connection, self.settings(), run.owner)
            connection.execute(again.values(state="queued", sentence="", request="", ended_at=None))

    def go_first(self, run_id: str) -> None:
        """Move a queued run to the front of the queue. Raises `UnknownRun` and `NotPossible`."""
        check_may_reorder(self.settings(), self.requester)
        sentence = "Run {run_id} is {state}: only a queued run can be moved to the front of the queue."
        above = select(func.max(runs.c.priority) + 1).where(runs.c.state == "queued").scalar_subquery()
        with self.database.writing(durable=True) as connection:
            row = find_row(connection, run_id)
            first = update(runs).where(runs.c.id == run_id, runs.c.state == "queued")
            if connection.execute(first.values(priority=func.coalesce(above, 1))).rowcount == 0:
                raise NotPossible(Sentence(sentence, run_id=run_id, state=row.state))

    def change(self, run_id: str, **values: Any) -> None:
        """Write columns of the run that do not affect its training. Raises `UnknownRun` and `NotPossible`."""
        with self.database.writing(durable=True) as connection:
            self._check_may_change(find_row(connection, run_id).owner)
            connection.execute(update(runs).where(runs.c.id == run_id).values(values))

    def _request(self, run_id: str, request: Request, state: str) -> None:
        queued, running = (update(runs).where(runs.c.id == run_id, runs.c.state == s) for s in ("queued", "running"))
        with self.database.writing(durable=True) as connection:
            row = find_row(connection, run_id)
            self._check_may_change(row.owner)
            is_running = connection.execute(running.values(request=request)).rowcount
            was_queued = connection.execute(queued.values(state=state, ended_at=time.time())).rowcount
            # One that does not train already is as requested, and whoever requests it again need not know.
            if not is_running and not was_queued and row.state not in ("paused", "stopped"):
                raise NotPossible(why_not_active(run_id, row.state, request))

    def _check_submission(
        self, spec: "NetworkSpec", recipe: Recipe, owner: str, count: int, *, are_seeds: bool = True
    ) -> None:
        from cnnlab.building import diagnose
        from cnnlab.runs.store.limits import check_limits

        check_may_submit(owner, self.requester)
        problem = diagnose(spec)
        if problem is not None:
            raise Refused([problem])
        check_limits(self, spec, recipe, owner=owner, count=count, are_seeds=are_seeds)

    def _insert(self, rows: list[dict[str, Any]], owner: str) -> list[Run]:
        from cnnlab.runs.store.limits import check_queued

        with self.database.writing(durable=True) as connection:
            check_queued(connection, self.settings(), owner, len(rows), are_seeds="group" in rows[0])
            connection.execute(insert(runs), rows)
        return [self.run(row["id"]) for row in rows]

    def _check_may_change(self, run_owner: str) -> None:
        check_may_change(run_owner, self.settings(), self.requester)

    def _copy_checkpoint(self, parent: str, epoch: int, run_id: str) -> None:
        start = epoch_file(self.folder, parent, epoch)
        if not start.is_file():
            kept = ", ".join(map(str, kept_epochs(self.folder, parent)))
            why = Sentence(
                "the kept ones are of epochs {kept}" if kept else "no checkpoint of this run is kept", kept=kept
            )
            raise NotPossible(Sentence("There is no checkpoint of epoch {epoch}: {why}.", epoch=epoch, why=why))
        try:
            link_or_copy(start, checkpoint_file(self.folder, run_id))
        except OSError as error:
            sentence = Sentence(
                "The checkpoint cannot be copied in {folder} ({reason}): make sure that the folder is writable and"
                " the disk is not full.",
                folder=self.folder,
                reason=error.strerror,
            )
            raise StoreUnavailable(sentence) from error


def _row(spec: "NetworkSpec", recipe: Recipe, owner: str, name: str | None) -> dict[str, Any]:
    """A queued run."""
    from cnnlab.architectures import family_of, name_of
    from cnnlab.training.memory import run_memory

    return {
        "id": new_id(),
        "name": name_of(spec) if name is None else fitting_name(name),
        "owner": owner,
        "family": family_of(spec).name,
        "spec": json.dumps(spec.values),
        "recipe": json.dumps(recipe.values),
        "state": "queued",
        "created_at": time.time(),
        "forecast_bytes": run_memory(spec, recipe).total,
    }
