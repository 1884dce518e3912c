"""Whatever is killed, and whenever: no run vanishes, none comes twice, and each ends as if nothing had happened."""

import math
import os
import random
import signal
import sqlite3
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from cnnlab.lock import is_held
from cnnlab.runs import NotPossible, ensure_scheduler, open_store
from cnnlab.runs.store.files import run_folder, run_lock, scheduler_lock
from cnnlab.training.checkpoint import write_atomically
from cnnlab.training.loop import DRAIN_SECONDS
from tests.runs.conftest import QUICK, ROOT, SPEC, holder, kept_runs, submit, wait_for_end, wait_until

RECIPE = QUICK.replace(epochs=8, schedule="one_cycle", seed=5)
NETWORK = SPEC.replace(dropout=0.2)
VICTIMS = ("worker", "scheduler", "app", "fork server")

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


def kill_fork_server_of(locks):
    """Kill the process that forked the workers which hold these locks, and leave them alone."""
    workers = [Path(f"/proc/{lock.read_text()}/stat") for lock in locks if is_held(lock)]
    for stat in filter(Path.is_file, workers):
        parent = int(stat.read_text().rpartition(")")[2].split()[1])
        # Not whoever has taken its children over, if it is gone already.
        if b"multiprocessing.forkserver" in Path(f"/proc/{parent}/cmdline").read_bytes():
            os.kill(parent, signal.SIGKILL)


def assert_whole(store, ids):
    with sqlite3.connect(store.folder / "runs.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert sorted(run.id for run in store.runs()) == sorted(ids)
    for run_id in ids:
        steps = store.curve(run_id, max_points=100_000).train_steps
        assert steps == tuple(range(1, len(steps) + 1)), "each step once"


SITUATIONS = ("running", "queued", "paused")


@pytest.mark.skipif(sys.platform == "win32", reason="kills process groups")
@pytest.mark.sweep
@pytest.mark.parametrize("num_kills", [3, 20])
def test_whatever_is_killed_every_run_ends_as_if_nothing_had_happened(tmp_path, num_kills):
    chance = random.Random(num_kills)
    with kept_runs(tmp_path / "home") as store:
        (store.folder / "settings.toml").write_text("runs_at_once = 1\n")  # so that another one waits
        app = App(store.folder)
        try:
            undisturbed = wait_for_end(store, submit(store, RECIPE, NETWORK))
            assert undisturbed.state == "done"
            ids, seen = [undisturbed.id], set()
            for i in range(num_kills):
                victim, situation = VICTIMS[i % len(VICTIMS)], SITUATIONS[i // len(VICTIMS) % len(SITUATIONS)]
                while len(active := [run_id for run_id in ids if store.run(run_id).active]) < 2:
                    ids.append(submit(store, RECIPE, NETWORK).id)
                run_id = active[0]
                if situation == "running":
                    moment = store.run(run_id).step + chance.choice((1, 2, 10, 30, 60))
                    wait_until(
                        lambda run_id=run_id, moment=moment: (
                            (now := store.run(run_id)).step >= moment or not now.active
                        ),
                        "the moment has come",
                    )
                elif situation == "paused":
                    with suppress(NotPossible):  # it was done before
                        store.request_pause(run_id)
                    wait_until(lambda run_id=run_id: not store.run(run_id).active, "it has paused, or was done before")
                before = {each: store.run(each) for each in ids}
                seen |= {run.state for run in before.values()}
                if victim == "worker":
                    for each in ids:
                        kill_if_held(run_lock(store.folder, each))
                elif victim == "scheduler":
                    kill_if_held(scheduler_lock(store.folder))
                elif victim == "fork server":
                    kill_fork_server_of([run_lock(store.folder, each) for each in ids])
                else:
                    app.kill()
                    app.start()
                assert all(store.run(each).step >= run.step for each, run in before.items()), "what was told is kept"
                ensure_scheduler(store.folder)
                assert_whole(store, ids)
                wait_until(lambda: all(seen_to(store, each) for each in ids), "somebody has seen it")
                for each in ids:
                    if store.run(each).resumable:
                        store.resume(each)
            assert num_kills < 9 or seen >= {"running", "queued", "paused", "done"}
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


def seen_to(store, run_id):
    """Whether a run that is said to be running has a worker."""
    return store.run(run_id).state != "running" or is_held(run_lock(store.folder, run_id))


WATCHED_WORKER = """
import os, struct, sys, time
from pathlib import Path
import torch._dynamo
from cnnlab.data import load
from cnnlab.runs.store.files import run_folder
from cnnlab.runs.scheduling.worker import work
from cnnlab.training.loop import Training

take_step = Training._take_step

def carry_out(folder, run_id):
    steps = os.open(run_folder(Path(folder), run_id) / "steps", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def watched(training, index):
        began = time.perf_counter()
        os.write(steps, struct.pack("=qd", training.step + 1, began))
        take_step(training, index)
        os.write(steps, struct.pack("=qd", 0, time.perf_counter()))

    Training._take_step = watched
    work(folder, run_id, 1)

load("digits")
for line in sys.stdin:
    folder, run_id = line.split()
    run_folder(Path(folder), run_id).mkdir(parents=True)
    child = os.fork()
    if child == 0:
        carry_out(folder, run_id)
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
"""
"""Carries out runs, and notes beside them when each step began and ended."""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_killed_worker_loses_at_most_what_it_did_since_it_last_told(tmp_path):
    chance = random.Random(1)
    store = open_store(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", WATCHED_WORKER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as workers:
        for _ in range(2):
            run = store.submit(NETWORK, RECIPE.replace(epochs=1000), name="", owner="ann")
            workers.stdin.write(f"{tmp_path} {run.id}\n")
            workers.stdin.flush()
            worker = int(workers.stdout.readline())
            notes, moment = run_folder(tmp_path, run.id) / "steps", chance.randrange(2, 120)
            wait_until(lambda notes=notes, moment=moment: began(notes)[-1][0] >= moment, "so many steps were taken")
            os.kill(worker, signal.SIGKILL)
            wait_until(lambda run=run: not is_held(run_lock(tmp_path, run.id)), "it is gone")
            told, taken = store.run(run.id).step, began(notes)
            assert store.curve(run.id, max_points=100_000).train_steps == tuple(range(1, told + 1))
            assert told <= taken[-1][0]
            missing = [(start, end) for step, start, end in taken if step > told][:-1]  # the last had not ended
            if missing:
                assert missing[-1][1] - missing[0][0] < DRAIN_SECONDS
        workers.stdin.close()
    store.close()


def began(notes):
    """The number of each step that was begun, when, and when it had ended, by what the watched worker wrote."""
    if not notes.is_file():
        return [(0, 0.0, 0.0)]
    content = notes.read_bytes()
    size = struct.calcsize("=qd")
    marks = [struct.unpack_from("=qd", content, at) for at in range(0, len(content) // size * size, size)]
    steps = [(0, 0.0, 0.0)]
    for step, moment in marks:
        if step:
            steps.append((step, moment, math.inf))
        else:
            steps[-1] = (*steps[-1][:2], moment)
    return steps


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="There is no device that is always full.")
@pytest.mark.parametrize("name", ["last", "checkpoint"])
def test_a_full_disk_ends_in_a_sentence_and_the_run_goes_on_when_there_is_room(served, name):
    run = submit(served, RECIPE.replace(epochs=1000), NETWORK)
    wait_until(lambda: served.run(run.id).epoch >= 2, "it has saved something")
    partial = served.folder / "runs" / run.id / f"{name}.safetensors.partial"
    wait_until(lambda: _put_in_the_way(partial) or not served.run(run.id).active, "the disk is full")
    failed = wait_for_end(served, run)
    assert failed.state == "failed"
    assert "(No space left on device): free some disk space, and resume the run." in failed.sentence
    assert load_file(served.weights(run.id, "last"))
    served.resume(run.id)
    wait_until(lambda: served.run(run.id).epoch > failed.epoch, "it goes on")
    served.request_stop(run.id)
    assert wait_for_end(served, run).state == "stopped"


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="There is no device that is always full.")
def test_a_log_without_room_stops_no_run(served):
    run = served.submit(SPEC, QUICK, name="", owner="ann")
    log = run_folder(served.folder, run.id) / "log.txt"
    log.parent.mkdir(parents=True)
    log.symlink_to("/dev/full")
    ensure_scheduler(served.folder)
    assert wait_for_end(served, run).state == "done"
    log.unlink()  # it never ends when it is read


def test_a_store_without_room_ends_in_a_sentence_once_there_is_some(served):
    """Neither the worker can write what it has done, nor at first the scheduler that this is so."""
    run = served.submit(SPEC, QUICK.replace(epochs=1000), name="", owner="ann")
    full = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    with served.database.writing() as connection:
        (number,) = connection.exec_driver_sql("SELECT number FROM runs WHERE id = ?", (run.id,)).one()
        steps, state = f"steps WHEN NEW.run = {number}", f"runs WHEN NEW.number = {number} AND NEW.state = 'failed'"
        connection.exec_driver_sql(f"CREATE TRIGGER full_1 BEFORE INSERT ON {steps} {full}")
        connection.exec_driver_sql(f"CREATE TRIGGER full_2 BEFORE UPDATE ON {state} {full}")
    ensure_scheduler(served.folder)
    scheduler = holder(scheduler_lock(served.folder))
    said = served.folder / "scheduler.log"
    wait_until(lambda: "(database or disk is full)" in said.read_text(), "the scheduler has met it")
    assert served.run(run.id).state == "running"
    with served.database.writing() as connection:
        for trigger in ("full_1", "full_2"):
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
    failed = wait_for_end(served, run)
    assert failed.sentence == "The store could not be written: free some disk space, and resume the run."
    assert holder(scheduler_lock(served.folder)) == scheduler, "it has outlasted that"
    served.resume(run.id)
    wait_until(lambda: served.run(run.id).step, "it goes on")
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
