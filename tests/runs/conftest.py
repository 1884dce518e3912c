"""Runs carried out for real: a store with a warm scheduler, and how to wait for and kill what works on it."""

import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

import cnnlab
from cnnlab.architectures import preset
from cnnlab.lock import is_held
from cnnlab.runs import ensure_scheduler, open_store
from cnnlab.runs.machine import num_cores
from cnnlab.runs.settings import settings_file
from cnnlab.runs.store.files import run_lock, scheduler_lock
from cnnlab.training import Recipe

ROOT = Path(cnnlab.__file__).parents[1]
SPEC = preset("lenet5_tutorial").replace(image_size=28)
QUICK = Recipe(dataset="digits", batch_size=64, epochs=2)
ENDLESS = QUICK.replace(epochs=1000)
CORES = min(2, num_cores()) if hasattr(os, "sched_setaffinity") else num_cores()
GENEROUS = 15
"""Seconds for what is promised within one, on a machine that may be busy; the runs in question would take longer."""
PATIENCE = 300
"""Seconds after which a test gives up; nothing here takes nearly as long unless it never comes."""


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)
    return result


def wait_for_end(store, run):
    return wait_until(lambda: (now := store.run(run.id)) and not now.active and now, "the run has ended")


def wait_for_epoch(store, run, epoch=1):
    return wait_until(lambda: store.run(run.id).epoch >= epoch, f"epoch {epoch} has ended")


def holder(lock):
    """The process that holds the lock; the scheduler or worker that a test started."""
    wait_until(lambda: is_held(lock), f"{lock} is held")
    return int(lock.read_text())


def kill(lock):
    os.kill(holder(lock), signal.SIGKILL)
    wait_until(lambda: not is_held(lock), "the killed process has let its lock go")


@contextmanager
def few_cores():
    """What is started inside has two cores at most, and the whole machine is not asked to work."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:2])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


@contextmanager
def kept_runs(folder):
    """A store, and at the end of all that works on it an end."""
    store = open_store(folder)
    settings_file(folder).write_text("running_per_owner = 4\n")  # the tests have one owner, and wait for all runs
    try:
        yield store
    finally:
        for lock in (scheduler_lock(folder), *(run_lock(folder, run.id) for run in store.runs())):
            if is_held(lock):
                kill(lock)
        store.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """A store whose scheduler is warm."""
    with kept_runs(tmp_path_factory.mktemp("home")) as store:
        with few_cores():
            ensure_scheduler(store.folder)
        yield store


def submit(store, recipe=QUICK, spec=SPEC, owner="ann"):
    run = store.submit(spec, recipe, name="a run", owner=owner)
    ensure_scheduler(store.folder)
    return run
