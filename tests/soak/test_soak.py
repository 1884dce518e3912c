"""A class at work for minutes, while what serves it is killed again and again: nothing is lost, and nothing leaks.

    python -m pytest -n 0 -s tests/soak/test_soak.py::test_soak

CNNLAB_SOAK_MINUTES is how long (10), CNNLAB_SOAK_SEED what is drawn by chance (0). It prints what each of the visitors
did, and what was killed.
"""

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest
from websockets.exceptions import WebSocketException

from cnnlab.lock import is_held
from cnnlab.runs import open_store
from cnnlab.runs.store.files import scheduler_lock
from tests.browser.conftest import App
from tests.soak.actions import ACTIONS, Known, explore
from tests.soak.server import Memory, all_runs, finish_all, gaps, holder, kill_one, left_over, log_files, processes_of
from tests.soak.visitor import Visitor

VISITORS = 20
PAUSE_SECONDS = (0.5, 4.0)
KILL_SECONDS = (6.0, 18.0)
MOST_GROWTH = 1.15
"""Of the memory: its most in the last third of the time, over its most in the second."""
SHORT_EPOCHS = 3
"""A run of no more epochs than this comes to its end."""
PATIENCE_SECONDS = 600

GONE = (ConnectionError, URLError, WebSocketException, TimeoutError)
"""What a visitor sees of a server that was killed."""


class Soak:
    def __init__(self, home: Path, seconds: float, seed: int) -> None:
        self.home, self.seconds, self.seed = home, seconds, seed
        self.begin = time.monotonic()
        self.app = App(home)
        self.app.wait_until_ready()
        self.begin = time.monotonic()
        self.known = Known(self.app.url)
        self.memory = Memory()
        self.done: Counter[str] = Counter()
        self.exceptions: list[str] = []
        self.is_being_killed = False

    def say(self, who: str, what: str) -> None:
        sys.stdout.write(f"{time.monotonic() - self.begin:7.2f} {who:10} {what}\n")

    @property
    def share(self) -> float:
        """How much of the time is over."""
        return (time.monotonic() - self.begin) / self.seconds

    async def visit(self, number: int) -> None:
        """One visitor, who does one thing after the other."""
        chance, visitor = random.Random(f"{self.seed} {number}"), Visitor()
        while self.share < 1:
            (action,) = chance.choices(list(ACTIONS), list(ACTIONS.values()))
            # Each visitor draws the same, however quickly the server answers.
            own, pause = random.Random(chance.random()), chance.uniform(*PAUSE_SECONDS)
            url = self.known.url
            try:
                if not visitor.is_open:
                    await explore(visitor, self.known, own)
                what = await action(visitor, self.known, own)
                self.done[action.__name__] += 1
            except HTTPError as error:
                what = f"refused: {error}"
                self.exceptions.append(f"visitor {number}, {action.__name__}: {error}")
            except GONE as error:
                what = f"gone: {error or type(error).__name__}"
                if isinstance(error, TimeoutError) and url == self.known.url and not self.is_being_killed:
                    self.exceptions.append(f"{action.__name__}: no answer in time")
                self.done["gone"] += 1
                await visitor.close()
            self.say(f"visitor {number}", f"{action.__name__}: {what}")
            self.exceptions += [f"visitor {number}, {action.__name__}: {text}" for text in visitor.exceptions]
            visitor.exceptions.clear()
            await asyncio.sleep(pause)
        await visitor.close()

    async def kill(self) -> None:
        """Workers all the time; the app and the scheduler in the first third, so that their memory can be compared."""
        chance = random.Random(f"{self.seed} kill")
        while self.share < 0.95:
            await asyncio.sleep(chance.uniform(*KILL_SECONDS))
            kind = chance.choice(("worker", "worker", "scheduler", "app") if self.share < 1 / 3 else ("worker",))
            self.is_being_killed = kind == "app"
            self.say("killed", kill_one(self.app, self.home, kind, chance))
            if kind == "app":
                self.app = App(self.home)
                await asyncio.to_thread(self.app.wait_until_ready)
                self.known.url = self.app.url
            self.is_being_killed = False

    async def measure(self) -> None:
        while self.share < 1:
            self.memory.sample(self.app, self.home)
            await asyncio.sleep(1)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(VISITORS):
                group.create_task(self.visit(number))
            group.create_task(self.kill())
            group.create_task(self.measure())


def wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.2)


@pytest.mark.sweep
def test_soak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path))
    seconds = 60 * float(os.environ.get("CNNLAB_SOAK_MINUTES", "10"))
    soak = Soak(tmp_path, seconds, int(os.environ.get("CNNLAB_SOAK_SEED", "0")))
    try:
        asyncio.run(soak.run())
        thirds = [soak.begin + seconds / 3, soak.begin + 2 * seconds / 3]
        growth = {name: soak.memory.growth(name, *thirds) for name in ("app", "scheduler")}
        soak.say("done", f"{dict(soak.done)}, growth: {growth}")
        store = open_store(tmp_path)
        finish_all(store, SHORT_EPOCHS, wait)
        runs = all_runs(store)
        soak.say("runs", str(dict(Counter(run.state for run in runs))))
        store.close()
    finally:
        soak.app.end(signal.SIGTERM)
        for lock in (scheduler_lock(tmp_path), *tmp_path.glob("runs/*/lock")):
            if is_held(lock):
                os.kill(holder(lock), signal.SIGKILL)
    faults = [f"never done: {action.__name__}" for action in ACTIONS if not soak.done[action.__name__]]
    if not list((tmp_path / "data/own").glob("*.safetensors")):
        faults.append("no images were imported")
    faults += [f"lost: {run_id}" for run_id in soak.known.submitted - {run.id for run in runs}]
    faults += [f"failed: {run.id}: {run.sentence}" for run in runs if run.state == "failed"]
    faults += [f"still active: {run.id}" for run in runs if run.active]
    faults += gaps(tmp_path, runs)
    faults += [f"left over: {path.relative_to(tmp_path)}" for path in left_over(tmp_path, runs)]
    faults += [f"the {name} grows by a factor of {by:.2f}" for name, by in growth.items() if by > MOST_GROWTH]
    faults += soak.exceptions
    for path in log_files(tmp_path):
        if "Traceback" in (text := path.read_text(errors="replace")):
            faults.append(f"{path.relative_to(tmp_path)}: {text[text.index('Traceback') :][:3000]}")
    deadline = time.monotonic() + 30
    while (orphans := processes_of(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.2)
    for orphan in orphans:
        faults.append(f"orphan: {orphan.pid} {' '.join(orphan.cmdline())[:200]}")
        orphan.kill()
    assert not faults, "\n".join(faults)
