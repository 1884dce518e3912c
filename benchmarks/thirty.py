"""Thirty people watch live runs: how many of their ticks are answered, and how late, over real websockets.

    python benchmarks/thirty.py [--sessions 30] [--seconds 30]

Each session opens the Train page with a run that is training, as a browser does, and then asks, as often as the page
has it, for the part of the page that is drawn again, as the browser's timer does. A tick counts as delivered if the
page has answered it before the next one is due. The lag is the time from the tick to the end of the first answer that
was begun after it: an answer to an earlier tick is none.
"""

import argparse
import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from cnnlab.architectures import preset
from cnnlab.lock import is_held
from cnnlab.runs import Store, open_store
from cnnlab.runs.folder import run_lock, scheduler_lock
from cnnlab.training import Recipe
from cnnlab.ui.watched import TICK_SECONDS

ROOT = Path(__file__).parents[1]
NUM_RUNS = 2
OPENING_SECONDS = 120


class Session:
    """A browser's end of one session: it reads whatever comes, and knows which of its ticks are answered."""

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


async def watch(address: str, run_id: str, ready: asyncio.Barrier, number: int, num_ticks: int) -> list[float]:
    """The lag of each tick of one session."""
    async with connect(address, subprotocols=["streamlit"], max_size=None, open_timeout=OPENING_SECONDS) as socket:
        session = Session(socket, run_id)
        reading = asyncio.create_task(session.read())
        await session.open()
        await ready.wait()
        first = time.perf_counter() + TICK_SECONDS * number / ready.parties  # browsers do not tick in step
        for tick in range(num_ticks):
            due = first + tick * TICK_SECONDS
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await session.tick(due)
        await asyncio.sleep(TICK_SECONDS)
        reading.cancel()
        return session.lags()


async def measure(port: int, ids: list[str], sessions: int, seconds: float) -> list[float]:
    ready = asyncio.Barrier(sessions)
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    ticks = round(seconds / TICK_SECONDS)
    watchers = (watch(address, ids[i % len(ids)], ready, i, ticks) for i in range(sessions))
    return [lag for lags in await asyncio.gather(*watchers) for lag in lags]


def served(home: Path) -> tuple[subprocess.Popen[bytes], int]:
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


def live_runs(store: Store) -> list[str]:
    recipe = Recipe(dataset="digits", batch_size=64, epochs=1000)
    spec = preset("lenet5_tutorial").replace(image_size=28)
    ids = [store.submit(spec, recipe.replace(seed=seed), name="", owner="").id for seed in range(NUM_RUNS)]
    while not all(store.run(run_id).step for run_id in ids):
        time.sleep(0.1)
    return ids


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        app, port = served(home)
        store = open_store(home)
        ids = live_runs(store)
        try:
            lags = asyncio.run(measure(port, ids, options.sessions, options.seconds))
        finally:
            app.terminate()
            app.wait()
            for lock in (scheduler_lock(home), *(run_lock(home, run_id) for run_id in ids)):
                if is_held(lock):
                    os.kill(int(lock.read_text()), signal.SIGKILL)
            store.close()
    delivered = sum(lag < TICK_SECONDS for lag in lags) / len(lags)
    print(f"ticks delivered  {100 * delivered:.1f} %  of {len(lags)}  (at least 95 %)")
    print(f"median lag       {statistics.median(lags):.3f} s")
    print(f"95th percentile  {sorted(lags)[round(0.95 * (len(lags) - 1))]:.3f} s  (under {TICK_SECONDS:g} s)")


if __name__ == "__main__":
    main()
