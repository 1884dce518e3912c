"""Reading the store: the state of runs, the order in which they will start, and what they have produced."""

from contextlib import suppress
from pathlib import Path
from typing import Literal

from sqlalchemy import func, select

from cnnlab.runs.run import MAX_POINTS, Curve, Run, UnknownRun, WrongSettings
from cnnlab.runs.settings import Settings, read_settings
from cnnlab.runs.store.database import Database
from cnnlab.runs.store.files import run_folder
from cnnlab.runs.store.queue import QueuedRun, fair_order
from cnnlab.runs.store.recorder import end_abandoned_runs
from cnnlab.runs.store.rows import find_row, run_from
from cnnlab.runs.store.tables import epochs, runs
from cnnlab.spec import Refused
from cnnlab.training.events import EpochEnd
from cnnlab.words.sentence import Sentence


class StoreReader:
    """The runs in the database and the files of one folder. Many processes may use them at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.database = Database(self.folder, StoreReader.settings(self).database)

    @property
    def is_read_only(self) -> bool:
        """Whether the folder is not writable: runs can be read, and every change raises `StoreUnavailable`."""
        return self.database.is_read_only

    def close(self) -> None:
        """Close the database. Optional: nothing is lost without it."""
        self.database.close()

    def settings(self) -> Settings:
        """The settings of the folder. Raises `WrongSettings` if they cannot be used."""
        try:
            return read_settings(self.folder)
        except Refused as refused:
            raise WrongSettings(Sentence.verbatim(str(refused))) from refused

    def run(self, run_id: str) -> Run:
        """The run in its current state. Raises `UnknownRun`."""
        end_abandoned_runs(self.database, self.folder)
        with self.database.reading() as connection:
            return run_from(find_row(connection, run_id))

    def runs(self, limit: int = 100, *, deleted: bool = False) -> list[Run]:
        """The runs in their current state, newest first; or the deleted ones that can still be restored.

        Runs whose network or recipe this version cannot read are left out; they stay in the store.
        """
        end_abandoned_runs(self.database, self.folder)
        which = runs.c.deleted_at.is_not(None) if deleted else runs.c.deleted_at.is_(None)
        newest = select(runs).where(which).order_by(runs.c.number.desc()).limit(limit)
        with self.database.reading() as connection:
            rows = connection.execute(newest).all()
        found = []
        for row in rows:
            with suppress(UnknownRun):
                found.append(run_from(row))
        return found

    def owners_before(self, moment: float) -> list[str]:
        """Whose runs were submitted before that moment, in seconds since 1970."""
        with self.database.reading() as connection:
            return list(connection.scalars(select(runs.c.owner).where(runs.c.created_at < moment).distinct()))

    def queue_position(self, run_id: str) -> int | None:
        """1 if the run is the next to start, and so on; None if it is not queued."""
        order = self.queue()
        return order.index(run_id) + 1 if run_id in order else None

    def queue(self) -> list[str]:
        """The ids of the queued runs in the order in which they will start."""
        queued = select(runs.c.id, runs.c.owner, runs.c.number, runs.c.priority).where(runs.c.state == "queued")
        started = select(runs.c.owner, func.max(runs.c.start_number)).where(runs.c.start_number > 0)
        with self.database.reading() as connection:
            queued_runs = [QueuedRun(*row) for row in connection.execute(queued)]
            if not queued_runs:
                return []
            last_starts = {row[0]: row[1] for row in connection.execute(started.group_by(runs.c.owner))}
        return fair_order(queued_runs, last_starts)

    def curve(self, run_id: str, max_points: int = MAX_POINTS) -> Curve:
        """What was measured so far, in at most `max_points` points. Raises `UnknownRun`."""
        from cnnlab.runs.store.curve import MOST_ROWS, Measured  # imports numpy

        measured = Measured(run_id, MOST_ROWS if max_points <= MAX_POINTS else None)
        with self.database.reading() as connection:
            find_row(connection, run_id)
            measured.read(connection)
        return measured.curve(max_points)

    def epoch_ends(self, run_id: str) -> list[EpochEnd]:
        """The finished epochs of a run. Raises `UnknownRun`."""
        columns = [column for column in epochs.c if column.name != "run"]
        with self.database.reading() as connection:
            ended = select(*columns).where(epochs.c.run == find_row(connection, run_id).number)
            return [EpochEnd(**row._mapping) for row in connection.execute(ended.order_by(epochs.c.epoch))]

    def weights(self, run_id: str, which: Literal["best", "last"]) -> Path | None:
        """The safetensors file of the best epoch's or the last weights; None before the first epoch has ended."""
        path = run_folder(self.folder, self.run(run_id).id) / f"{which}.safetensors"
        return path if _is_readable(path) else None

    def log(self, run_id: str) -> str:
        """The log of the run's process."""
        path = run_folder(self.folder, self.run(run_id).id) / "log.txt"
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        except OSError as error:
            return Sentence("The log in {path} cannot be read ({reason}).", path=path, reason=error.strerror)


def _is_readable(path: Path) -> bool:
    with suppress(PermissionError):  # one run's folder; the others can be read
        return path.is_file()
    return False
