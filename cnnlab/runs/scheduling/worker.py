"""One run, carried out in a process of its own."""

import errno
import logging
import os
import sys
import time
from pathlib import Path
from typing import TypeGuard

import torch

from cnnlab.analysis.costs import analyse, training_macs
from cnnlab.lock import FileLock
from cnnlab.runs.machine import Usage
from cnnlab.runs.run import Run, StoreUnavailable, UnknownRun
from cnnlab.runs.scheduling.checkpoints import Checkpoints
from cnnlab.runs.scheduling.exit_codes import NO_STORE
from cnnlab.runs.settings import MEGABYTE, Settings
from cnnlab.runs.store.files import checkpoint_file, run_folder, run_lock
from cnnlab.runs.store.recorder import Record
from cnnlab.runs.store.store import Store
from cnnlab.spec import Refused
from cnnlab.training.checkpoint import DamagedCheckpoint, read_checkpoint
from cnnlab.training.events import EpochEnd, Event, Finished, Steps
from cnnlab.training.failure import TrainingFailed
from cnnlab.training.log_text import TrainingText
from cnnlab.training.loop import Training

HEAVY_STEP_MACS = 5e9
"""A step with fewer multiply-accumulates, forward and backward, gains less from a second thread than it loses by it as
soon as anything else wants that core: four times slower was seen."""

LOCK_SECONDS = 5
NICENESS = 10
"""How far a run stands back for the pages, whose answers somebody waits for; alone it has the core all the same."""

SAVE_SECONDS = 60
"""How often the training is saved while an epoch goes on."""

log = logging.getLogger(__name__)


def work(folder: str, run_id: str, threads: int) -> None:
    """Carry out the queued run `run_id`, heavy steps on so many threads, and write down how it goes.

    It goes on from its checkpoint if it has one. The lock is taken before the run is said to be running, and held until
    this process ends: a running run whose lock is free has nobody who carries it out.
    """
    home = Path(folder)
    own = run_folder(home, run_id)
    own.mkdir(parents=True, exist_ok=True)
    _detach(own / "log.txt")
    lock = FileLock(run_lock(home, run_id))
    if not lock.acquire_within(LOCK_SECONDS):
        return  # a worker of an earlier scheduler has it
    try:
        store = Store(home)
        record = Record(store.database, home, run_id)
        if not record.begin():
            return  # stopped before it began
        _explain(store, record, run_id, threads)
    except StoreUnavailable as error:
        log.error("%s", error)
        sys.exit(NO_STORE)


def _explain(store: Store, record: Record, run_id: str, threads: int) -> None:
    """Carry the run out; what ends it before its time becomes a sentence."""
    try:
        _carry_out(store, store.run(run_id), record, store.settings(), threads)
    except (Refused, TrainingFailed, DamagedCheckpoint, UnknownRun) as problem:
        log.warning("%s", problem)
        record.end("failed", str(problem))
    except OSError as error:
        log.exception("The weights cannot be saved.")
        room = "make room on the disk" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "see to the folder"
        record.end(
            "failed",
            f"The weights cannot be saved in {run_folder(store.folder, run_id)} ({error.strerror}): {room}, and resume"
            " the run. What was saved before is whole.",
        )


def _carry_out(store: Store, run: Run, record: Record, settings: Settings, threads: int) -> None:
    # By what there is to compute, not by how long it takes: the same recipe always gets the same treatment.
    threads = threads if training_macs(analyse(run.spec)) * run.recipe.batch_size > HEAVY_STEP_MACS else 1
    torch.set_num_threads(threads)
    seconds = 0.0

    def is_over(seconds: float) -> bool:
        return seconds > 60 * settings.max_minutes

    def should_end() -> bool:
        return bool(record.wish()) or is_over(seconds)

    try:
        training = Training(run.spec, run.recipe, stop=should_end)
    except OSError as error:
        why = f"The images of {run.recipe.dataset} cannot be read ({error.strerror}): get the data set anew."
        raise TrainingFailed(why) from error
    _go_on(training, record, checkpoint_file(store.folder, run.id))
    checkpoints = Checkpoints(store.folder, run, settings.checkpoint_megabytes_per_run * MEGABYTE)
    usage = Usage(str(training.device))
    log.info("%s on %s, threads: %d, process: %d", run.family, training.device, threads, os.getpid())
    saved, text = time.monotonic(), TrainingText(run.recipe.epochs)
    for event in training.events():
        epoch_end = event if isinstance(event, EpochEnd) else None
        is_due = time.monotonic() - saved > SAVE_SECONDS
        if is_due and not training.is_settled:
            training.settle()
        is_saved = epoch_end is not None or _is_stop(event) or (is_due and training.is_settled)
        if is_saved:
            checkpoints.save_weights(training, is_best=epoch_end is not None and epoch_end.is_best)
        if is_saved and not isinstance(event, Steps | EpochEnd):
            checkpoints.save(training, None)  # there will be no time for it afterwards
        if _is_stop(event) and is_over(event.seconds):
            minutes = f"{settings.max_minutes:g} minutes"
            record.explain(f"It has computed for the {minutes} that a run may take on this machine.")
        record.write(event, usage.look() if isinstance(event, Steps) else None)
        if is_saved and isinstance(event, Steps | EpochEnd):
            checkpoints.save(training, epoch_end)
        if is_saved:
            saved = time.monotonic()
        for line in text.lines(event):
            log.info("%s", line)
        seconds = getattr(event, "seconds", seconds)


def _is_stop(event: Event) -> TypeGuard[Finished]:
    return isinstance(event, Finished) and event.state == "stopped"


def _go_on(training: Training, record: Record, path: Path) -> None:
    """Let the training begin where it was, if it was saved."""
    if not path.is_file():
        record.rewind(0, 0)
        return
    checkpoint = read_checkpoint(path)
    training.restore(checkpoint)
    position = checkpoint.position
    record.rewind(position.step, position.last.epoch if position.last else 0)


def _detach(log_file: Path) -> None:
    """Make this process independent of whoever started it; what it says goes to its log."""
    if hasattr(os, "setsid"):
        os.setsid()
        os.nice(NICENESS)
    descriptor = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
