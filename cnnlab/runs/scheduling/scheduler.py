"""The scheduler: starts queued runs in workers of their own, in turn, and sees to those whose worker is gone."""

import json
import logging
import multiprocessing
import multiprocessing.connection
import os
import time
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy import select

import cnnlab
from cnnlab.lock import FileLock, is_held
from cnnlab.runs.machine import Gpu, gpus, num_cores
from cnnlab.runs.run import StoreUnavailable
from cnnlab.runs.scheduling.capacity import Asks, Places, may_start
from cnnlab.runs.scheduling.exit_codes import FORK_SERVER_LOST, NO_STORE
from cnnlab.runs.settings import Settings
from cnnlab.runs.store.database import read_only_sentence
from cnnlab.runs.store.files import run_lock, scheduler_lock
from cnnlab.runs.store.recorder import Record
from cnnlab.runs.store.store import Store
from cnnlab.runs.store.tables import runs
from cnnlab.spec import Refused

GLANCE_SECONDS, LOOK_SECONDS = 0.03, 1.0
"""How often it is seen whether anybody wrote into the store, and how often it is read in any case."""

ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that wait leave the core to other runs
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),  # memory that a step gives back is there for the next one
    "MALLOC_TRIM_THRESHOLD_": str(512 * 2**20),
    "MALLOC_TOP_PAD_": str(64 * 2**20),
    "OPENBLAS_NUM_THREADS": "1",  # a process with threads should not fork; torch has its own
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # counting GPUs must not initialise CUDA before a fork
}


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """A queued or running run; `turn` is another one after each time that it has begun."""

    state: str
    turn: int
    asks: Asks


class Scheduler:
    """Carries out the runs of one store, as many at a time as its settings and the machine's `cores` and `gpus` let."""

    def __init__(self, store: Store, cores: int, gpus: list[Gpu]) -> None:
        self._store, self._cores, self._gpus = store, cores, gpus
        self._context = _context()
        self._children: dict[str, BaseProcess] = {}
        self._turns: dict[str, int] = {}  # that the runs of the children had before
        self._seen = (0, 0)
        self._settings = Settings()

    def look(self) -> bool:
        """See to the runs as they stand; whether there is anything queued or running."""
        self._seen = self._store.database.written()
        queued = self._store.queue()  # before the running ones: a run that begins meanwhile counts as both, not as none
        known = self._known()
        running = {run_id for run_id, run in known.items() if run.state == "running"}
        for run_id in running:
            self._see_to(run_id)
        children = dict(self._children)
        for run_id, child in children.items():
            if child.exitcode is not None:
                del self._children[run_id]
                # One that has begun may be queued again, to go on; a worker that was not wanted any more ends with 0.
                if run_id in known and known[run_id].turn == self._turns[run_id] and child.exitcode != 0:
                    reason = "The worker could not begin: the log of the scheduler may say why. Resume the run."
                    self._record(run_id).end("failed", reason, was="queued")
                child.close()
        busy = running.union(run_id for run_id in queued if run_id in self._children)
        waiting = [known[run_id].asks for run_id in queued if run_id in known and run_id not in children]
        for run_id in may_start(waiting, [known[run_id].asks for run_id in busy if run_id in known], self._places()):
            self._turns[run_id] = known[run_id].turn
            self._start(run_id, threads=self._settings.heavy_threads or max(1, self._cores // 2))
        return bool(running or queued or self._children)

    def wait(self) -> None:
        """Wait until the store was written, a worker ended, or some time has passed."""
        sentinels = [child.sentinel for child in self._children.values()]
        deadline = time.monotonic() + LOOK_SECONDS
        while self._store.database.written() == self._seen and time.monotonic() < deadline:
            if not sentinels:
                time.sleep(GLANCE_SECONDS)
            elif multiprocessing.connection.wait(sentinels, timeout=GLANCE_SECONDS):
                return

    def _known(self) -> dict[str, "_Known"]:
        """The runs that are queued or running."""
        columns = (runs.c.id, runs.c.state, runs.c.turn, runs.c.owner, runs.c.recipe, runs.c.forecast_bytes)
        with self._store.database.reading() as connection:
            rows = connection.execute(select(*columns).where(runs.c.state.in_(("queued", "running")))).all()
        return {
            row.id: _Known(
                row.state, row.turn, Asks(row.id, row.owner, json.loads(row.recipe)["device"], row.forecast_bytes)
            )
            for row in rows
        }

    def _places(self) -> Places:
        try:
            self._settings = self._store.settings()
        except Refused as refused:
            # Those that were read before hold on; the pages say the same.
            log.warning("%s", refused)
        return Places(
            cpu=self._settings.runs_at_once or self._cores,
            gpus=self._gpus,
            per_gpu=self._settings.runs_per_gpu,
            per_owner=self._settings.running_per_owner,
        )

    def _see_to(self, run_id: str) -> None:
        """End a running run whose worker is gone, be it ours or an earlier scheduler's."""
        if is_held(run_lock(self._store.folder, run_id)):
            return
        child = self._children.get(run_id)
        if child is not None and child.exitcode is None:
            return  # about to end: its exit status will say how
        record = self._record(run_id)
        if child is not None and child.exitcode == NO_STORE:
            record.end("failed", "The store could not be written: make room on the disk, and resume the run.")
        elif child is not None and child.exitcode is not None and 0 < child.exitcode < FORK_SERVER_LOST:
            record.end("failed", "An error that CNN Lab did not expect ended the run: its log has the details.")
        else:
            record.end_abandoned()

    def _start(self, run_id: str, threads: int) -> None:
        # Not daemonic: a worker finishes its run when the scheduler is killed.
        child = self._context.Process(target=_work, args=(str(self._store.folder), run_id, threads))
        try:
            child.start()
        except (OSError, EOFError) as error:
            self._record(run_id).end("failed", f"No process could be started for it ({error}).", was="queued")
            return
        self._children[run_id] = child

    def _record(self, run_id: str) -> Record:
        return Record(self._store.database, self._store.folder, run_id)


def serve(folder: Path, idle_seconds: float) -> bool:
    """Carry out the runs in `folder` until there have been none for `idle_seconds`; False if another scheduler does.

    It also leaves, once there is nothing to do, when its source has changed: the next one has the new code.
    """
    store = Store(folder)
    if store.is_read_only:
        raise StoreUnavailable(read_only_sentence(store.folder))
    lock = FileLock(scheduler_lock(store.folder))
    if not lock.acquire():
        return False
    os.environ.update({name: value for name, value in ENVIRONMENT.items() if name not in os.environ})
    scheduler = Scheduler(store, num_cores(), gpus())
    source, busy_at, trouble = _newest_source(), time.monotonic(), ""
    while True:
        try:
            is_busy = scheduler.look()
            scheduler.wait()
            trouble = ""
        except StoreUnavailable as error:
            # A disk that is full now may have room in a while; a folder that is gone does not come back.
            if not scheduler_lock(store.folder).exists() or time.monotonic() - busy_at > idle_seconds:
                lock.release()  # not when all workers have ended, whom Python waits for
                raise
            if str(error) != trouble:
                trouble = str(error)
                log.warning("%s", trouble)
            time.sleep(LOOK_SECONDS)
            continue
        if is_busy:
            busy_at = time.monotonic()
        elif time.monotonic() - busy_at > idle_seconds or _newest_source() != source:
            # Whoever submitted a run while the lock was held counts on this scheduler, so look again without it.
            lock.release()
            if not store.queue() or not lock.acquire():
                store.close()
                return True


def _newest_source() -> float:
    try:
        return max(path.stat().st_mtime for path in Path(cnnlab.__file__).parent.rglob("*.py"))
    except FileNotFoundError:
        return time.time()  # it is changing as we look


def _context() -> SpawnContext | ForkServerContext:
    """How workers are started: forked from a process that has torch already, where the system can do that."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["cnnlab.runs.scheduling.preload"])
    forkserver.ensure_running()  # not with the first run, which would wait for it
    return context


def _work(folder: str, run_id: str, threads: int) -> None:
    """The worker, by a name that the scheduler can give without importing torch itself."""
    from cnnlab.runs.scheduling.worker import work

    work(folder, run_id, threads)
