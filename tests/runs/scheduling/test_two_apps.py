"""Two apps on one store: one scheduler serves both, both see all runs, and the end of one changes nothing."""

import os
import signal
import subprocess
import sys

import pytest

from cnnlab.runs.store.files import run_lock, scheduler_lock
from tests.runs.conftest import QUICK, ROOT, SPEC, few_cores, holder, kept_runs, submit, wait_for_end, wait_until

RECIPE = QUICK.replace(epochs=20)

APP = """
import sys
from pathlib import Path
from cnnlab.architectures import preset
from cnnlab.runs import ensure_scheduler, open_store
from cnnlab.training import Recipe

store = open_store(Path(sys.argv[1]))
spec = preset("lenet5_tutorial").replace(image_size=8, num_pools=1, kernel_sizes=(3, 3))
for line in sys.stdin:
    if line == "submit\\n":
        recipe = Recipe(dataset="digits", batch_size=64, epochs=20)
        print(store.submit(spec, recipe, name="", owner="bob").id, flush=True)
        ensure_scheduler(store.folder)
    else:
        print(*(f"{run.id}:{run.state}" for run in store.runs()), flush=True)
"""


class App:
    """A process that submits runs and sees to it that there is a scheduler, as a Streamlit server does."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [sys.executable, "-c", APP, folder],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def ask(self, what):
        self.tell(what)
        return self.answer()

    def tell(self, what):
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()

    def answer(self):
        return self.process.stdout.readline().split()

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        with self.process:  # closes its pipes
            pass


@pytest.mark.skipif(sys.platform == "win32", reason="kills process groups")
@pytest.mark.sweep
def test_two_apps_share_one_store(tmp_path):
    """One is this process, the other is killed."""
    with kept_runs(tmp_path / "home") as store, few_cores():
        other = App(store.folder)
        try:
            other.tell("submit")  # both at about the same time, where there is no scheduler yet
            ids = [submit(store, RECIPE, SPEC, owner="ann").id, *other.answer()]
            scheduler = holder(scheduler_lock(store.folder))
            assert {run.id for run in store.runs()} == set(ids)
            assert {seen.split(":")[0] for seen in other.ask("look")} == set(ids)
            wait_until(lambda: all(store.run(run_id).step for run_id in ids), "both have begun")
        finally:
            other.kill()
        ids.append(submit(store, RECIPE, SPEC, owner="ann").id)
        runs = [wait_for_end(store, store.run(run_id)) for run_id in ids]
        assert {run.state for run in runs} == {"done"}
        assert holder(scheduler_lock(store.folder)) == scheduler
        for run in runs:
            assert store.curve(run.id, max_points=100_000).train_steps == tuple(range(1, run.total_steps + 1))
            assert store.log(run.id).count("process:") == 1, f"{run_lock(store.folder, run.id)} had one worker"
