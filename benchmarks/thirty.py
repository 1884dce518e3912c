"""Thirty people watch live runs: how many of their ticks are answered, and how late, over real websockets.

    python -m benchmarks.thirty [--sessions 30] [--seconds 30]

Each session opens the Train page with a run that is training, as a browser does, and then asks once a second for the
part of the page that is drawn again, as the browser's timer does. A tick counts as delivered if the page has answered
it before the next one is due. The lag is the time from the tick to the end of its answer.
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

ROOT = Path(__file__).parents[1]
PERIOD = 1.0
NUM_RUNS = 2
OPENING_SECONDS = 120


async def receive(socket: ClientConnection) -> ForwardMsg:
    message = ForwardMsg()
    message.ParseFromString(await socket.recv())
    return message


def rerun(run_id: str, fragment_id: str = "") -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = f"run={run_id}"
    message.rerun_script.page_name = "train"
    message.rerun_script.fragment_id = fragment_id
    message.rerun_script.is_auto_rerun = bool(fragment_id)
    return message.SerializeToString()


async def opened(socket: ClientConnection, run_id: str) -> str:
    """The part of the page that is drawn again by itself, once the page is complete."""
    await socket.send(rerun(run_id))
    fragment = ""
    while True:
        message = await receive(socket)
        kind = message.WhichOneof("type")
        if kind == "auto_rerun":
            fragment = message.auto_rerun.fragment_id
        elif kind == "script_finished" and fragment:
            return fragment


async def watch(address: str, run_id: str, ready: asyncio.Barrier, number: int, num_ticks: int) -> list[float]:
    """The lag of each tick of one session in seconds, infinite for one that was not answered in time."""
    lags = []
    async with connect(address, subprotocols=["streamlit"], max_size=None, open_timeout=OPENING_SECONDS) as socket:
        fragment = await asyncio.wait_for(opened(socket, run_id), OPENING_SECONDS)
        await ready.wait()
        first = time.perf_counter() + PERIOD * number / ready.parties  # browsers do not tick in step
        for tick in range(num_ticks):
            due = first + tick * PERIOD
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await socket.send(rerun(run_id, fragment))
            try:
                async with asyncio.timeout_at(asyncio.get_running_loop().time() + PERIOD):
                    while (message := await receive(socket)).WhichOneof("type") != "script_finished":
                        if message.WhichOneof("type") == "auto_rerun":
                            fragment = message.auto_rerun.fragment_id
                lags.append(time.perf_counter() - due)
            except TimeoutError:
                lags.append(float("inf"))
    return lags


async def measure(port: int, ids: list[str], sessions: int, seconds: float) -> list[float]:
    ready = asyncio.Barrier(sessions)
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    ticks = round(seconds / PERIOD)
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
    delivered = sum(lag < float("inf") for lag in lags) / len(lags)
    print(f"ticks delivered  {100 * delivered:.1f} %  of {len(lags)}  (at least 95 %)")
    print(f"median lag       {statistics.median(lags):.3f} s")
    print(f"95th percentile  {sorted(lags)[round(0.95 * (len(lags) - 1))]:.3f} s  (under {PERIOD:g} s)")


if __name__ == "__main__":
    main()
