"""The app served for a benchmark, runs that go on for long, and a browser's end of a session that watches one."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection

from cnnlab.architectures import preset
from cnnlab.lock import is_held
from cnnlab.runs import Store, open_store
from cnnlab.runs.store.files import run_lock, scheduler_lock
from cnnlab.training import Recipe

ROOT = Path(__file__).parents[1]
OPENING_SECONDS = 120


class Session:
    """It reads whatever comes, and knows which of its ticks are answered."""

    def __init__(self, socket: ClientConnection, run_id: str) -> None:
        self._socket, self._run_id = socket, run_id
        self._page = self._fragment = ""
        self._ticks: list[float] = []  # when each was due
        self._answers: list[float] = []  # when each was answered
        self._in_run = 0  # so many ticks were sent before the run of the page began that is going on
        self._opened = asyncio.Event()

    async def open(self) -> None:
        """Ask for the page, and wait until it is complete and draws a part of itself again and again."""
        await self._send("")
        await asyncio.wait_for(self._opened.wait(), OPENING_SECONDS)

    async def tick(self, due: float) -> None:
        self._ticks.append(due)
        await self._send(self._fragment)

    def lags(self) -> list[float]:
        """From each tick to its answer in seconds, infinite for one that has none."""
        unanswered = [float("inf")] * (len(self._ticks) - len(self._answers))
        return [answer - due for due, answer in zip(self._ticks, self._answers, strict=False)] + unanswered

    async def read(self) -> None:
        async for data in self._socket:
            message = ForwardMsg()
            message.ParseFromString(data)
            match message.WhichOneof("type"):
                case "new_session":
                    self._page, self._in_run = message.new_session.page_script_hash, len(self._ticks)
                case "auto_rerun":
                    self._fragment = message.auto_rerun.fragment_id
                case "script_finished" if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    if self._fragment:
                        self._opened.set()
                case "script_finished" if message.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY:
                    new = self._in_run - len(self._answers)
                    self._answers += [time.perf_counter()] * new

    async def _send(self, fragment_id: str) -> None:
        message = BackMsg()
        message.rerun_script.query_string = f"run={self._run_id}"
        message.rerun_script.page_script_hash = self._page
        message.rerun_script.page_name = "" if self._page else "train"
        message.rerun_script.fragment_id = fragment_id
        message.rerun_script.is_auto_rerun = bool(fragment_id)
        await self._socket.send(message.SerializeToString())


@dataclass(frozen=True)
class Served:
    """An app, its store, and runs that go on in it for longer than anybody watches."""

    address: str
    store: Store
    run_ids: list[str]


@contextmanager
def served(num_runs: int) -> Iterator[Served]:
    """Serves the app from a folder of its own; afterwards it, its scheduler and its runs are gone."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        app, port = _started(home)
        store = open_store(home)
        try:
            yield Served(f"ws://127.0.0.1:{port}/_stcore/stream", store, _live_runs(store, num_runs))
        finally:
            app.terminate()
            app.wait()
            for lock in (scheduler_lock(home), *(run_lock(home, run.id) for run in store.runs())):
                if is_held(lock):
                    os.kill(int(lock.read_text()), signal.SIGKILL)
            store.close()


def _started(home: Path) -> tuple[subprocess.Popen[bytes], int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", *options],
        cwd=ROOT,
        env={**os.environ, "CNNLAB_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + OPENING_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                return process, port
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    process.kill()
    raise SystemExit("The app did not start.")


def _live_runs(store: Store, num_runs: int) -> list[str]:
    recipe = Recipe(dataset="digits", batch_size=64, epochs=1000)
    spec = preset("lenet5_tutorial").replace(image_size=28)
    ids = [store.submit(spec, recipe.replace(seed=seed), name="", owner="").id for seed in range(num_runs)]
    while not all(store.run(run_id).step for run_id in ids):
        time.sleep(0.1)
    return ids
