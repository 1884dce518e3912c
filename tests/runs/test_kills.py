"""Whatever is killed, and whenever: no run vanishes, none comes twice, and each ends as if nothing had happened."""

import os
import random
import signal
import sqlite3
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from cnnlab.lock import is_held
from cnnlab.runs import ensure_scheduler
from cnnlab.runs.folder import run_lock, scheduler_lock
from cnnlab.training.checkpoint import write_atomically
from tests.runs.conftest import QUICK, ROOT, SPEC, kept_runs, submit, wait_for_end, wait_until

RECIPE = QUICK.replace(epochs=8, schedule="one_cycle", seed=5)
NETWORK = SPEC.replace(dropout=0.2)
VICTIMS = ("worker", "scheduler", "app")

APP = """
import sys, time
from pathlib import Path
from cnnlab.runs import ensure_scheduler, open_store

store = open_store(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    ensure_scheduler(store.folder)
    for run in store.runs():
        store.curve(run.id)
    time.sleep(0.2)
"""


class App:
    """Somebody who watches, and sees to it that there is a scheduler, as the pages do."""

    def __init__(self, folder):
        self._folder = folder
        self.start()

    def start(self):
        self._process = subprocess.Popen(
            [sys.executable, "-c", APP, self._folder], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
        )
        assert self._process.stdout.readline() == b"ready\n"

    def kill(self):
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()


def kill_if_held(lock):
    """Kill whoever holds the lock, if anybody does."""
    if is_held(lock):
        os.kill(int(lock.read_text()), signal.SIGKILL)
        wait_until(lambda: not is_held(lock), "the lock is free")


def assert_whole(store, ids):
    with sqlite3.connect(store.folder / "runs.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert sorted(run.id for run in store.runs()) == sorted(ids)
    for run_id in ids:
        steps = store.curve(run_id, max_points=100_000).train_steps
        assert steps == tuple(range(1, len(steps) + 1)), "each step once"


@pytest.mark.skipif(sys.platform == "win32", reason="kills process groups")
@pytest.mark.sweep
@pytest.mark.parametrize("num_kills", [3, 20])
def test_whatever_is_killed_every_run_ends_as_if_nothing_had_happened(tmp_path, num_kills):
    chance = random.Random(num_kills)
    with kept_runs(tmp_path / "home") as store:
        app = App(store.folder)
        try:
            undisturbed = wait_for_end(store, submit(store, RECIPE, NETWORK))
            assert undisturbed.state == "done"
            ids = [undisturbed.id]
            for i in range(num_kills):
                if len(ids) < 2 or not store.run(ids[-1]).active:
                    ids.append(submit(store, RECIPE, NETWORK).id)
                run_id, victim = ids[-1], VICTIMS[i % len(VICTIMS)]
                moment = store.run(run_id).step + chance.choice((0, 0, 1, 10, 30, 60))
                wait_until(
                    lambda run_id=run_id, moment=moment: (now := store.run(run_id)).step >= moment or not now.active,
                    "the moment has come",
                )
                told = store.run(run_id).step
                if victim == "worker":
                    kill_if_held(run_lock(store.folder, run_id))
                elif victim == "scheduler":
                    kill_if_held(scheduler_lock(store.folder))
                else:
                    app.kill()
                    app.start()
                assert store.run(run_id).step >= told, "what was told is not lost"
                ensure_scheduler(store.folder)
                assert_whole(store, ids)
                if victim == "worker" and told > 0:
                    wait_until(
                        lambda run_id=run_id: store.run(run_id).state in ("interrupted", "done"), "somebody has seen it"
                    )
                    if store.run(run_id).resumable:
                        store.resume(run_id)
            for run_id in ids[1:]:
                run = wait_for_end(store, store.run(run_id))
                if run.resumable:  # killed before anybody had seen it begin
                    assert run.state == "interrupted"
                    store.resume(run_id)
                    run = wait_for_end(store, run)
                assert (run.state, run.step, run.epoch) == ("done", undisturbed.step, undisturbed.epoch)
                first, second = (load_file(store.weights(each, "last")) for each in (undisturbed.id, run_id))
                assert all(torch.equal(first[name], second[name]) for name in first)
                assert store.curve(run_id).train_loss == store.curve(undisturbed.id).train_loss
            assert_whole(store, ids)
        finally:
            app.kill()


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="There is no device that is always full.")
def test_a_full_disk_ends_in_a_sentence_and_the_run_goes_on_when_there_is_room(served):
    run = submit(served, RECIPE.replace(epochs=1000), NETWORK)
    wait_until(lambda: served.run(run.id).epoch >= 2, "it has saved something")
    partial = served.folder / "runs" / run.id / "last.safetensors.partial"
    wait_until(lambda: _put_in_the_way(partial) or not served.run(run.id).active, "the disk is full")
    failed = wait_for_end(served, run)
    assert failed.state == "failed"
    assert "(No space left on device): make room on the disk, and resume the run." in failed.sentence
    assert load_file(served.weights(run.id, "last"))
    served.resume(run.id)
    wait_until(lambda: served.run(run.id).epoch > failed.epoch, "it goes on")
    served.request_stop(run.id)
    assert wait_for_end(served, run).state == "stopped"


def _put_in_the_way(partial):
    """A file that takes nothing, where the next weights are to be written; whether it lies there."""
    try:
        partial.symlink_to("/dev/full")
    except FileExistsError:
        return False
    return True


def test_files_are_written_beside_and_moved(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"one")
    before = path.stat().st_ino
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_ino != before
