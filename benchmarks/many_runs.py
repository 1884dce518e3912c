"""Four runs at once: images a second in total, in the lab against four processes with torch's default threads.

    python -m benchmarks.many_runs [--seconds 8] [--rounds 3]

The same recipe four times each way, in turns. Counted is what all four do in the same stretch of time, once each of
them has begun. Prints the medians and their ratio, which is the figure that counts.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from cnnlab.architectures import preset
from cnnlab.runs import ensure_scheduler, open_store
from cnnlab.runs.settings import Settings, documented, settings_file
from cnnlab.runs.store.files import scheduler_lock
from cnnlab.training import Recipe

ROOT = Path(__file__).parents[1]
SPEC = preset("lenet5_tutorial").replace(image_size=28)
RECIPE = Recipe(dataset="mnist5k", batch_size=128, epochs=1000)
NUM_RUNS = 4

BY_ITSELF = """
import sys
from pathlib import Path
from cnnlab.architectures import preset
from cnnlab.training import Recipe, Steps, train

spec = preset("lenet5_tutorial").replace(image_size=28)
for event in train(spec, Recipe(dataset="mnist5k", batch_size=128, epochs=1000, seed=int(sys.argv[2]))):
    if isinstance(event, Steps):
        Path(sys.argv[1]).write_text(f"{event.last_step}")
"""


def counted(steps: Callable[[], list[int]], seconds: float) -> float:
    """Images a second that all runs together do while each of them is going on."""
    while min(steps()) == 0:
        time.sleep(0.05)
    before, began = sum(steps()), time.perf_counter()
    time.sleep(seconds)
    after, ended = sum(steps()), time.perf_counter()
    return (after - before) * RECIPE.batch_size / (ended - began)


def in_the_lab(folder: Path, seconds: float) -> float:
    store = open_store(folder)
    settings_file(folder).write_text(documented(Settings(runs_at_once=NUM_RUNS, running_per_owner=NUM_RUNS)))
    ids = [store.submit(SPEC, RECIPE.replace(seed=seed), name="", owner="").id for seed in range(NUM_RUNS)]
    ensure_scheduler(folder)
    speed = counted(lambda: [store.run(run_id).step for run_id in ids], seconds)
    for run_id in ids:
        store.request_stop(run_id)
    while any(store.run(run_id).active for run_id in ids):
        time.sleep(0.05)
    os.kill(int(scheduler_lock(folder).read_text()), signal.SIGTERM)
    store.close()
    return speed


def by_themselves(folder: Path, seconds: float) -> float:
    folder.mkdir()
    files = [folder / str(seed) for seed in range(NUM_RUNS)]
    usual = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    with ExitStack() as stack:
        for seed, file in enumerate(files):
            command = [sys.executable, "-c", BY_ITSELF, str(file), str(seed)]
            process = stack.enter_context(subprocess.Popen(command, cwd=ROOT, env=usual))
            stack.callback(process.kill)
        return counted(lambda: [int(file.read_text() or 0) if file.exists() else 0 for file in files], seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    lab, default = [], []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for i in range(options.rounds):
            lab.append(in_the_lab(Path(folder) / f"lab{i}", options.seconds))
            default.append(by_themselves(Path(folder) / f"default{i}", options.seconds))
    ours, theirs = statistics.median(lab), statistics.median(default)
    print(f"in the lab       {ours:,.0f} images/s\ndefault threads  {theirs:,.0f} images/s")
    print(f"ratio            {ours / theirs:.1f}  (at least 4)")


if __name__ == "__main__":
    main()
