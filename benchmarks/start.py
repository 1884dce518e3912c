"""From the click to the first point of a curve: a run in the queue of a warm scheduler against a worker started cold.

    python -m benchmarks.start [--rounds 7]

Both put the same run into a store and wait until its first loss can be read from there. The cold one is what a queue
without a fork server does: a new interpreter that imports torch and all the rest. They take turns; prints the median of
each in seconds and their ratio, which is the figure that counts.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cnnlab.architectures import preset
from cnnlab.lock import is_held
from cnnlab.runs import Store, ensure_scheduler, open_store
from cnnlab.runs.store.files import run_lock, scheduler_lock
from cnnlab.training import Recipe

ROOT = Path(__file__).parents[1]
SPEC = preset("lenet5_tutorial").replace(image_size=28)
RECIPE = Recipe(dataset="digits", batch_size=64, epochs=1)
PATIENCE_SECONDS = 120

COLD = "import sys; from cnnlab.runs.scheduling.worker import work; work(sys.argv[1], sys.argv[2], 1)"


def submit(store: Store) -> str:
    return store.submit(SPEC, RECIPE, name="", owner="benchmark").id


def wait_for_point(store: Store, run_id: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not store.curve(run_id).train_steps:
        assert time.monotonic() < deadline, store.log(run_id)
        time.sleep(0.002)


def wait_for_end(store: Store, run_id: str) -> None:
    while store.run(run_id).active or is_held(run_lock(store.folder, run_id)):
        time.sleep(0.02)


def warm(store: Store) -> float:
    began = time.perf_counter()
    run_id = submit(store)
    ensure_scheduler(store.folder)
    wait_for_point(store, run_id)
    seconds = time.perf_counter() - began
    wait_for_end(store, run_id)
    return seconds


def cold(store: Store) -> float:
    began = time.perf_counter()
    run_id = submit(store)
    process = subprocess.Popen([sys.executable, "-c", COLD, store.folder, run_id], cwd=ROOT)
    wait_for_point(store, run_id)
    seconds = time.perf_counter() - began
    process.wait()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        served, alone = open_store(Path(folder) / "served"), open_store(Path(folder) / "alone")
        warm(served)  # the first one waits for the fork server to be ready
        times = [(warm(served), cold(alone)) for _ in range(rounds)]
        os.kill(int(scheduler_lock(served.folder).read_text()), signal.SIGTERM)
        served.close()
        alone.close()
    queued, spawned = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"queue  {queued:.3f} s\ncold   {spawned:.3f} s\nratio  {spawned / queued:.1f}  (at least 15)")


if __name__ == "__main__":
    main()
