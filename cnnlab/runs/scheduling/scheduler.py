"""The scheduler: starts each queued run in a process of its own, and ends the runs whose process has died."""

import json
import logging
import multiprocessing
import multiprocessing.connection
import os
import time
from contextlib import closing
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Row, select

import cnnlab
from cnnlab.lock import FileLock, is_held
from cnnlab.runs.launch import source_environment
from cnnlab.runs.machine import Gpu, gpus, num_cores, resident_bytes
from cnnlab.runs.run import StoreUnavailable, WrongSettings
from cnnlab.runs.scheduling.capacity import Capacity, Demand, may_start
from cnnlab.runs.scheduling.exit_codes import FORK_SERVER_LOST, NO_STORE
from cnnlab.runs.settings import Settings
from cnnlab.runs.store.database import read_only_sentence
from cnnlab.runs.store.files import run_lock, scheduler_lock
from cnnlab.runs.store.recorder import Recorder
from cnnlab.runs.store.store import Store
from cnnlab.runs.store.tables import runs
from cnnlab.training.free_memory import free_main_memory
from cnnlab.words.sentence import Sentence

POLL_SECONDS, MAX_WAIT_SECONDS = 0.03, 1.0
"""How often the scheduler checks whether the store has changed, and after which time it reads it in any case."""

ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",  # waiting threads leave the core to other runs
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),  # the next step reuses the memory that a step frees
    "MALLOC_TRIM_THRESHOLD_": str(512 * 2**20),
    "MALLOC_TOP_PAD_": str(64 * 2**20),
    "OPENBLAS_NUM_THREADS": "1",  # a process with threads should not fork; torch has its own threads
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",  # the order of NVIDIA's tools, the same in each process
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # counting GPUs must not initialise CUDA before a fork
}

log = logging.getLogger(__name__)


class Scheduler:
    """Trains the runs of one store, as many at a time as its settings and the machine's `cores` and `gpus` allow."""

    def __init__(self, store: Store, cores: int, gpus: list[Gpu]) -> None:
        self._store, self._cores, self._gpus = store, cores, gpus
        self._context = _context()
        self._children: dict[str, BaseProcess] = {}
        self._start_numbers: dict[str, int] = {}  # of the children's runs, before they started: each start changes it
        self._change_stamp = (0, 0)
        self._settings = Settings()

    def update(self) -> bool:
        """Start the runs that can start, and end those whose process has died; whether any is queued or running."""
        self._change_stamp = self._store.database.change_stamp()
        queued = self._store.queue()  # before the running ones: a run that starts meanwhile is in both, not in neither
        active = self._active_runs()
        running = {run_id for run_id, run in active.items() if run.state == "running"}
        for run_id in running:
            self._end_if_dead(run_id)
        children = dict(self._children)
        for run_id, child in children.items():
            if child.exitcode is not None:
                del self._children[run_id]
                # A run that did start may be queued again, to be resumed; a worker whose run was stopped before exits
                # with 0.
                never_started = run_id in active and active[run_id].start_number == self._start_numbers[run_id]
                if never_started and child.exitcode < 0:  # by a signal: killed, as it may be later
                    self._recorder(run_id).end_abandoned(was="queued")
                elif never_started and child.exitcode != 0:
                    sentence = Sentence(
                        "Its process could not start: see the log of the scheduler, and resume the run."
                    )
                    self._recorder(run_id).end("failed", sentence, was="queued")
                child.close()
        busy = running.union(run_id for run_id in queued if run_id in self._children)
        demands = [_demand(active[run_id]) for run_id in queued if run_id in active and run_id not in children]
        running_demands = [_demand(active[run_id]) for run_id in busy if run_id in active]
        for run_id in may_start(demands, running_demands, self._capacity()):
            self._start_numbers[run_id] = active[run_id].start_number
            self._start(run_id, threads=self._settings.heavy_threads or max(1, self._cores // 2))
        return bool(running or queued or self._children)

    def wait(self) -> None:
        """Wait until the store has changed, a worker has ended, or some time has passed."""
        sentinels = [child.sentinel for child in self._children.values()]
        deadline = time.monotonic() + MAX_WAIT_SECONDS
        while self._store.database.change_stamp() == self._change_stamp and time.monotonic() < deadline:
            if not sentinels:
                time.sleep(POLL_SECONDS)
            elif multiprocessing.connection.wait(sentinels, timeout=POLL_SECONDS):
                return

    def _active_runs(self) -> dict[str, Row[Any]]:
        columns = [runs.c.id, runs.c.state, runs.c.start_number, runs.c.owner, runs.c.recipe, runs.c.forecast_bytes]
        with self._store.database.reading() as connection:
            rows = connection.execute(select(*columns).where(runs.c.state.in_(("queued", "running")))).all()
        return {row.id: row for row in rows}

    def _capacity(self) -> Capacity:
        try:
            self._settings = self._store.settings()
        except WrongSettings as problem:
            # The last valid settings stay in force; the pages say so.
            log.warning("%s", problem)
        return Capacity(
            cpu=self._settings.runs_at_once or self._cores,
            cpu_bytes=self._memory_for_runs(),
            gpus=self._gpus,
            per_gpu=self._settings.runs_per_gpu,
            per_owner=self._settings.running_per_owner,
        )

    def _memory_for_runs(self) -> int | None:
        """Main memory that is free, or that the workers hold already; those of an earlier scheduler are not known."""
        free = free_main_memory()
        return None if free is None else free + sum(resident_bytes(child.pid) for child in self._children.values())

    def _end_if_dead(self, run_id: str) -> None:
        """End a running run whose worker, ours or an earlier scheduler's, has died."""
        if is_held(run_lock(self._store.folder, run_id)):
            return
        child = self._children.get(run_id)
        if child is not None and child.exitcode is None:
            return  # it is about to exit: its exit code will say how it ended
        recorder = self._recorder(run_id)
        if child is not None and child.exitcode == NO_STORE:
            sentence = Sentence("The store could not be written: free some disk space, and resume the run.")
            recorder.end("failed", sentence)
        elif child is not None and child.exitcode is not None and 0 < child.exitcode < FORK_SERVER_LOST:
            recorder.end("failed", Sentence("An unexpected error ended the run: see its log for details."))
        else:
            recorder.end_abandoned()

    def _start(self, run_id: str, threads: int) -> None:
        # Not a daemon process: a worker finishes its run when the scheduler is killed.
        child = self._context.Process(target=_work, args=(str(self._store.folder), run_id, threads))
        try:
            child.start()
        except (OSError, EOFError) as error:
            sentence = Sentence("Its process could not start ({reason}).", reason=str(error))
            self._recorder(run_id).end("failed", sentence, was="queued")
            return
        self._children[run_id] = child

    def _recorder(self, run_id: str) -> Recorder:
        return Recorder(self._store.database, self._store.folder, run_id)


def _demand(row: Row[Any]) -> Demand:
    try:
        device = str(json.loads(row.recipe)["device"])
    except (ValueError, LookupError, TypeError):
        device = "auto"  # the recipe is damaged: its worker refuses it, and the others train
    return Demand(row.id, row.owner, device, row.forecast_bytes)


def serve(
    folder: Path, idle_seconds: float, *, watch_source: bool = False
) -> Literal["idle", "source changed", "other scheduler"]:
    """Train the runs in `folder` until none was queued or running for `idle_seconds`; why it returned.

    With `watch_source` it also returns once it is idle and the package's source has changed.
    """
    with closing(Store(folder)) as store:
        return _serve(store, idle_seconds, watch_source)


def _serve(
    store: Store, idle_seconds: float, watch_source: bool
) -> Literal["idle", "source changed", "other scheduler"]:
    if store.is_read_only:
        raise StoreUnavailable(read_only_sentence(store.folder))
    lock = FileLock(scheduler_lock(store.folder))
    if not lock.acquire():
        return "other scheduler"
    os.environ.update({name: value for name, value in ENVIRONMENT.items() if name not in os.environ})
    scheduler = Scheduler(store, num_cores(), gpus({**os.environ, **source_environment()}))
    source = _newest_source() if watch_source else 0.0
    busy_at, trouble = time.monotonic(), ""
    while True:
        try:
            is_busy = scheduler.update()
            scheduler.wait()
            trouble = ""
        except StoreUnavailable as error:
            # A full disk may have space again later; a deleted folder does not come back.
            if not scheduler_lock(store.folder).exists() or time.monotonic() - busy_at > idle_seconds:
                lock.release()  # now: before it exits, Python waits for all workers
                raise
            if str(error) != trouble:
                trouble = str(error)
                log.warning("%s", trouble)
            time.sleep(MAX_WAIT_SECONDS)
            continue
        if is_busy:
            busy_at = time.monotonic()
            continue
        has_changed = watch_source and _newest_source() != source
        if has_changed or time.monotonic() - busy_at > idle_seconds:
            # A run that was submitted while the lock was held relies on this scheduler, so check again without it.
            lock.release()
            if not store.queue() or not lock.acquire():
                store.close()
                return "source changed" if has_changed else "idle"


def _newest_source() -> float:
    try:
        return max(path.stat().st_mtime for path in Path(cnnlab.__file__).parent.rglob("*.py"))
    except FileNotFoundError:
        return time.time()  # a file was deleted during the scan


def _context() -> SpawnContext | ForkServerContext:
    """How workers are started: forked from a process that has imported torch, where the system supports that."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["cnnlab.runs.scheduling.preload"])
    forkserver.ensure_running()  # now, so that the first run does not wait for it
    return context


def _work(folder: str, run_id: str, threads: int) -> None:
    """The worker, in a function that can be pickled without importing torch."""
    from cnnlab.runs.scheduling.worker import work

    work(folder, run_id, threads)
