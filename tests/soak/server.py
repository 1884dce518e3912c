"""The server of the soak: started, killed and started again, measured, and looked over when all is done."""

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import psutil

from cnnlab.lock import is_held
from cnnlab.runs import NotPossible, Run, Store, ensure_scheduler
from cnnlab.runs.store.files import run_lock, scheduler_lock
from tests.browser.conftest import App

FLOAT_BYTES = 4


def log_files(home: Path) -> list[Path]:
    """The logs of every server, of the schedulers and of the runs."""
    return [*home.glob("*.log"), *home.glob("runs/*/log.txt")]


def processes_of(home: Path) -> list[psutil.Process]:
    """The processes that work on this folder, and have not ended."""
    found = []
    for process in psutil.process_iter():
        try:
            is_ours = process.environ().get("CNNLAB_HOME") == str(home) and process.pid != os.getpid()
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        if is_ours and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


@dataclass
class Memory:
    """How much memory each process has had, in bytes, second by second."""

    sampled: dict[tuple[str, int], list[tuple[float, int]]] = field(default_factory=dict)

    def sample(self, app: App, home: Path) -> None:
        for name, pid in (("app", app.process.pid), ("scheduler", holder(scheduler_lock(home)))):
            try:
                used = psutil.Process(pid).memory_info().rss if pid else 0
            except psutil.NoSuchProcess:
                continue
            if used:
                self.sampled.setdefault((name, pid), []).append((time.monotonic(), used))

    def growth(self, name: str, begin: float, middle: float) -> float:
        """The largest in the time after `middle` over the largest between `begin` and then, of the last such process.

        It must have lived since `begin`, or else 0.
        """
        samples = next((values for key, values in reversed(self.sampled.items()) if key[0] == name), [])
        before = [used for at, used in samples if begin <= at < middle]
        after = [used for at, used in samples if at >= middle]
        is_whole = bool(before and after) and samples[0][0] <= begin + (middle - begin) / 2
        return max(after) / max(before) if is_whole else 0.0


def holder(lock: Path) -> int:
    """The process that holds this lock, or 0."""
    return int(lock.read_text() or 0) if is_held(lock) else 0


def kill_one(app: App, home: Path, kind: str, chance: random.Random) -> str:
    """Kill a worker, the scheduler or the app, without a warning; which one."""
    if kind == "app":
        app.end(signal.SIGKILL)
        return "app"
    locks = [scheduler_lock(home)] if kind == "scheduler" else sorted(home.glob("runs/*/lock"))
    held = [lock for lock in locks if holder(lock)]
    if not held:
        return f"no {kind}"
    lock = chance.choice(held)
    os.kill(holder(lock), signal.SIGKILL)
    return f"{kind} {lock.parent.name}"


def finish_all(store: Store, most: int, wait: Callable[[Callable[[], bool], str], None]) -> None:
    """Stop what trains for long, and let what was interrupted come to its end."""
    for run in store.runs(limit=10_000):
        if run.active and run.recipe.epochs > most:
            with suppress(NotPossible):  # it has ended since it was read
                store.request_stop(run.id)
    ensure_scheduler(store.folder)
    wait(lambda: not any(run.active for run in store.runs(limit=10_000)), "no run is active")
    for run in store.runs(limit=10_000):
        if run.state == "interrupted" and run.recipe.epochs <= most:
            store.resume(run.id)
    ensure_scheduler(store.folder)
    wait(lambda: not any(run.active for run in store.runs(limit=10_000)), "every interrupted run has ended")


def all_runs(store: Store) -> list[Run]:
    return [*store.runs(limit=10_000), *store.runs(limit=10_000, deleted=True)]


def gaps(home: Path, runs: Iterable[Run]) -> list[str]:
    """Where the steps or the epochs of a run do not follow each other."""
    found = []
    connection = sqlite3.connect(home / "runs.sqlite")
    for run in runs:
        (number,) = connection.execute("SELECT number FROM runs WHERE id = ?", (run.id,)).fetchone()
        query = "SELECT first_step, length(losses), length(accuracies) FROM steps WHERE run = ? ORDER BY first_step"
        rows = connection.execute(query, (number,)).fetchall()
        for (first, losses, accuracies), (then, *_) in pairwise([*rows, (run.step + 1, 0, 0)]):
            if first + losses // FLOAT_BYTES != then or losses != accuracies:
                found.append(f"{run.id} ({run.state}): {losses // FLOAT_BYTES} steps from {first}, then {then}")
        ended = [
            epoch for (epoch,) in connection.execute("SELECT epoch FROM epochs WHERE run = ? ORDER BY 1", (number,))
        ]
        start = (run.parent_epoch or 0) + 1
        if ended != list(range(start, start + len(ended))) or (ended and ended[-1] != run.epoch):
            found.append(f"{run.id} ({run.state}): epochs {ended} of {run.epoch}, from {start}")
    connection.close()
    return found


def left_over(home: Path, runs: Iterable[Run]) -> list[Path]:
    """Files that only a process that is at work may have, and locks that are still held."""
    locks = [run_lock(home, run.id) for run in runs]
    return [*home.rglob("*.partial"), *(lock for lock in locks if is_held(lock))]
