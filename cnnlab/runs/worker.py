"""One run, carried out in a process of its own."""

import json
import logging
import os
import sys
import time
from pathlib import Path

import torch

from cnnlab.analysis import analyse
from cnnlab.lock import FileLock
from cnnlab.runs.folder import run_folder, run_lock
from cnnlab.runs.record import Record
from cnnlab.runs.run import Run
from cnnlab.runs.store import Store
from cnnlab.spec import Refused
from cnnlab.training.checkpoint import weights_bytes, write_atomically
from cnnlab.training.events import EpochEnd, Finished, Steps
from cnnlab.training.failure import TrainingFailed
from cnnlab.training.loop import Training

HEAVY_STEP_MACS = 5e9
"""A step with fewer multiply-accumulates, forward and backward, gains less from a second thread than it loses by it as
soon as anything else wants that core: four times slower was seen."""

LOCK_SECONDS = 5
SAVE_SECONDS = 60
"""How often the weights are saved while an epoch goes on."""

log = logging.getLogger(__name__)


def work(folder: str, run_id: str, threads: int) -> None:
    """Carry out the queued run `run_id` on at most so many threads, and write down how it goes.

    The lock is taken before the run is said to be running, and held until this process ends: a running run whose lock
    is free has nobody who carries it out.
    """
    home = Path(folder)
    own = run_folder(home, run_id)
    own.mkdir(parents=True, exist_ok=True)
    _detach(own / "log.txt")
    lock = FileLock(run_lock(home, run_id))
    if not lock.acquire_within(LOCK_SECONDS):
        return  # a worker of an earlier scheduler has it
    store = Store(home)
    record = Record(store.database, home, run_id)
    if not record.begin():
        return  # stopped before it began
    try:
        _carry_out(store.run(run_id), record, own, threads)
    except (Refused, TrainingFailed) as problem:
        log.warning("%s", problem)
        record.end("failed", str(problem))
    except OSError as error:
        log.exception("The weights cannot be saved.")
        record.end("failed", f"The weights cannot be saved in {own} ({error.strerror}): make room on the disk.")


def _carry_out(run: Run, record: Record, own: Path, threads: int) -> None:
    # By what there is to compute, not by how long it takes: the same recipe always gets the same treatment.
    threads = threads if 3 * analyse(run.spec).macs * run.recipe.batch_size > HEAVY_STEP_MACS else 1
    torch.set_num_threads(threads)
    training = Training(run.spec, run.recipe, stop=record.stop_requested)
    about = {"family": run.family, "spec": json.dumps(run.spec.values), "recipe": json.dumps(run.recipe.values)}
    log.info("%s on %s, threads: %d, process: %d", run.family, training.device, threads, os.getpid())
    saved = time.monotonic()
    for event in training.events():
        # Weights first: what the store says there is, is there.
        is_end = isinstance(event, EpochEnd) or (isinstance(event, Finished) and event.state == "stopped")
        if is_end or time.monotonic() - saved > SAVE_SECONDS:
            weights = weights_bytes(training.learnt, {**about, "step": str(training.step)})
            write_atomically(own / "last.safetensors", weights)
            if isinstance(event, EpochEnd) and event.is_best:
                write_atomically(own / "best.safetensors", weights)
            saved = time.monotonic()
        record.write(event)
        if not isinstance(event, Steps):
            log.info("%s", event)


def _detach(log_file: Path) -> None:
    """Make this process independent of whoever started it; what it says goes to its log."""
    if hasattr(os, "setsid"):
        os.setsid()
    descriptor = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
