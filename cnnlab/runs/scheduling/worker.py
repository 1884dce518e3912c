"""Training one run in a process of its own."""

import errno
import logging
import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TypeGuard

import torch

from cnnlab.analysis.costs import analyse, training_macs
from cnnlab.lock import FileLock
from cnnlab.runs.machine import ResourceMonitor
from cnnlab.runs.run import Run, StoreUnavailable, UnknownRun, WrongSettings
from cnnlab.runs.scheduling.checkpoint_writer import CheckpointWriter
from cnnlab.runs.scheduling.exit_codes import NO_STORE
from cnnlab.runs.settings import MEGABYTE, Settings
from cnnlab.runs.store.answers_file import append_answers, rewind_answers
from cnnlab.runs.store.files import answers_file, checkpoint_file, norms_file, run_folder, run_lock
from cnnlab.runs.store.norms_file import append_norms, norms_records
from cnnlab.runs.store.recorder import Recorder
from cnnlab.runs.store.store import Store
from cnnlab.spec import Refused
from cnnlab.training.checkpoint import DamagedCheckpoint, read_checkpoint
from cnnlab.training.events import EpochEnd, Event, Finished, Steps
from cnnlab.training.failure import TrainingFailed
from cnnlab.training.log_text import TrainingText
from cnnlab.training.loop import Training
from cnnlab.words.sentence import Sentence, joined

HEAVY_STEP_MACS = 5e9
"""A step with fewer multiply-accumulates, forward and backward, gains less from a second thread than it loses when
another process needs that core: then it can be four times slower."""

SAVE_SECONDS = 60
"""How often a checkpoint is written within an epoch."""

log = logging.getLogger(__name__)


def work(folder: str, run_id: str, threads: int) -> None:
    """Train the queued run `run_id`, large steps with that many `threads`, and record its course in the store.

    It continues from its checkpoint if it has one. The lock is taken before the run is marked as running, and held
    until this process ends: the process of a running run whose lock is free has died.
    """
    home = Path(folder)
    own = run_folder(home, run_id)
    own.mkdir(parents=True, exist_ok=True)
    _detach(own / "log.txt")
    lock = FileLock(run_lock(home, run_id))
    if not lock.acquire_within(seconds=5):
        return  # an earlier scheduler's worker trains it
    try:
        with closing(Store(home)) as store:
            recorder = Recorder(store.database, home, run_id)
            if not recorder.begin():
                return  # it was stopped before it started
            _train_or_fail(store, recorder, run_id, threads)
    except StoreUnavailable as error:
        log.error("%s", error)
        sys.exit(NO_STORE)


def _train_or_fail(store: Store, recorder: Recorder, run_id: str, threads: int) -> None:
    """Train the run; what ends it early is recorded as a sentence."""
    try:
        _train(store, store.run(run_id), recorder, store.settings(), threads)
    except WrongSettings as problem:
        recorder.end("failed", problem.for_visitors().sentence)  # whoever sees the run hears no more
    except Refused as refused:
        log.warning("%s", refused)
        sentences = [Sentence("{sentence}", sentence=problem.sentence) for problem in refused.problems]
        recorder.end("failed", joined(sentences))
    except (TrainingFailed, DamagedCheckpoint, UnknownRun) as error:
        log.warning("%s", error)
        recorder.end("failed", error.sentence)
    except OSError as error:
        log.exception("The weights cannot be saved.")
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        sentence = Sentence(
            "The weights cannot be saved in {folder} ({reason}): {remedy}, and resume the run. Earlier checkpoints are"
            " intact.",
            folder=run_folder(store.folder, run_id),
            reason=error.strerror,
            remedy=Sentence("free some disk space" if is_full else "make the folder writable"),
        )
        recorder.end("failed", sentence)


def _train(store: Store, run: Run, recorder: Recorder, settings: Settings, threads: int) -> None:
    # By the size of a step, not its duration: the same recipe always gets the same number of threads.
    threads = threads if training_macs(analyse(run.spec)) * run.recipe.batch_size > HEAVY_STEP_MACS else 1
    torch.set_num_threads(threads)
    began = seconds = 0.0

    def is_over(seconds: float) -> bool:
        return seconds - began > 60 * settings.max_minutes

    def should_end() -> bool:
        return bool(recorder.request()) or is_over(seconds)

    try:
        training = Training(run.spec, run.recipe, stop=should_end)
    except OSError as error:
        sentence = Sentence(
            "The images of {dataset} cannot be read ({reason}): download or import the data set again.",
            dataset=run.recipe.dataset,
            reason=error.strerror,
        )
        raise TrainingFailed(sentence) from error
    _restore(training, recorder, run, checkpoint_file(store.folder, run.id))
    began = seconds = training.seconds  # whoever resumes or forks a run gives it all its minutes again
    checkpoints = CheckpointWriter(store.folder, run, settings.checkpoint_megabytes_per_run * MEGABYTE)
    answered = answers_file(store.folder, run.id)
    rewind_answers(answered, training.num_epochs)
    measured = norms_records(norms_file(store.folder, run.id))
    measured.rewind(training.step)
    monitor = ResourceMonitor(str(training.device))
    log.info("%s on %s, threads: %d, process: %d", run.family, training.device, threads, os.getpid())
    saved, text = time.monotonic(), TrainingText(run.recipe.epochs)
    for event in training.events():
        epoch_end = event if isinstance(event, EpochEnd) else None
        is_due = time.monotonic() - saved > SAVE_SECONDS
        if is_due and not training.is_all_reported:
            training.report_all()
        is_saved = epoch_end is not None or _is_stop(event) or (is_due and training.is_all_reported)
        if is_saved:
            checkpoints.save_weights(training, is_best=epoch_end is not None and epoch_end.is_best)
        if epoch_end is not None:
            append_answers(answered, epoch_end.epoch, training.answers, settings.answer_megabytes_per_run * MEGABYTE)
        if isinstance(event, Steps) and event.norms is not None:
            append_norms(measured, event.norms, event.seconds, settings.norm_megabytes_per_run * MEGABYTE)
        if is_saved and not isinstance(event, Steps | EpochEnd):
            checkpoints.save(training, None)  # after the event is recorded, the process may be killed
        if _is_stop(event) and is_over(event.seconds):
            recorder.explain(Sentence("Stopped at the limit of {minutes:g} minutes.", minutes=settings.max_minutes))
        recorder.write(event, monitor.sample() if isinstance(event, Steps) else None)
        if is_saved and isinstance(event, Steps | EpochEnd):
            checkpoints.save(training, epoch_end)
        if is_saved:
            saved = time.monotonic()
        for line in text.lines(event):
            log.info("%s", line)
        seconds = getattr(event, "seconds", seconds)


def _is_stop(event: Event) -> TypeGuard[Finished]:
    return isinstance(event, Finished) and event.state == "stopped"


def _restore(training: Training, recorder: Recorder, run: Run, path: Path) -> None:
    if not path.is_file():
        recorder.rewind(0, 0)
        return
    checkpoint = read_checkpoint(path)
    if checkpoint.position.epochs == run.parent_epoch:
        checkpoint = checkpoint.forked()
    training.restore(checkpoint)
    recorder.rewind(checkpoint.position.step, checkpoint.position.epochs)


def _detach(log_file: Path) -> None:
    """Make this process independent of the one that started it, and send its output to its log."""
    if hasattr(os, "setsid"):
        os.setsid()
        os.nice(10)  # a lower priority than the pages, which users wait for
    descriptor = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
