"""Runs carried out for real: a scheduler process, its workers, and what happens when they are killed."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

from cnnlab.architectures import preset
from cnnlab.lock import is_held
from cnnlab.runs import ensure_scheduler
from cnnlab.runs.store.files import checkpoint_file, run_lock, scheduler_lock
from cnnlab.training import Steps, train
from tests.runs.conftest import (
    CORES,
    ENDLESS,
    GENEROUS,
    PATIENCE,
    QUICK,
    ROOT,
    SPEC,
    holder,
    kept_runs,
    kill,
    submit,
    wait_for_end,
    wait_for_epoch,
    wait_until,
)


def test_a_run_is_carried_out_as_in_this_process(served):
    run = wait_for_end(served, submit(served))
    assert (run.state, run.sentence) == ("done", "")
    assert (run.step, run.total_steps, run.epoch) == (46, 46, 2)
    assert run.notes == ("The images are 8x8 and the network takes 28x28: they are resized.",)

    here = list(train(SPEC, QUICK))
    losses = [loss for event in here if isinstance(event, Steps) for loss in event.losses]
    curve = served.curve(run.id)
    assert curve.train_steps == tuple(range(1, 47))
    assert curve.train_loss == pytest.approx(losses, rel=1e-4)
    assert run.test_accuracy == pytest.approx(here[-1].test_accuracy, abs=0.01)

    weights = load_file(served.weights(run.id, "last"))
    assert sum(tensor.numel() for tensor in weights.values()) == 44_426
    assert load_file(served.weights(run.id, "best")).keys() == weights.keys()
    assert "epoch 2 of 2:" in served.log(run.id)


def test_a_second_scheduler_leaves_at_once(served):
    pid = holder(scheduler_lock(served.folder))
    second = subprocess.run(
        [sys.executable, "-m", "cnnlab.runs", "--home", served.folder],
        cwd=ROOT, timeout=PATIENCE, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert second.stderr.startswith("Another scheduler is running for")
    ensure_scheduler(served.folder)
    assert holder(scheduler_lock(served.folder)) == pid


def test_a_scheduler_without_a_folder_says_so(tmp_path):
    (tmp_path / "file").touch()
    refused = subprocess.run(
        [sys.executable, "-m", "cnnlab.runs", "--home", tmp_path / "file"],
        cwd=ROOT, timeout=PATIENCE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert refused.returncode == 2
    assert "cannot be read or written" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_scheduler_leaves_when_there_is_nothing_to_do(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "cnnlab.runs", "--home", tmp_path, "--idle-seconds", "0.1"],
        cwd=ROOT, timeout=PATIENCE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    assert not is_held(scheduler_lock(tmp_path))


def test_a_scheduler_restarts_with_new_code_where_that_is_wanted(tmp_path):
    """The code is a copy; its new line says that it was imported."""
    home, source = tmp_path / "home", tmp_path / "cnnlab"
    home.mkdir()
    shutil.copytree(ROOT / "cnnlab", source, ignore=shutil.ignore_patterns("__pycache__"))
    note = tmp_path / "note"
    with subprocess.Popen(
        [sys.executable, "-m", "cnnlab.runs", "--home", home, "--reload"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, stderr=subprocess.DEVNULL,
    ) as scheduler:  # fmt: skip
        wait_until(lambda: is_held(scheduler_lock(home)), "the scheduler runs")
        with (source / "home.py").open("a") as file:
            file.write(f"\nPath({str(note)!r}).touch()\n")
        wait_until(note.exists, "the new code runs")
        wait_until(lambda: is_held(scheduler_lock(home)), "the scheduler runs again")
        assert scheduler.poll() is None
        scheduler.kill()


@pytest.mark.parametrize(
    ("spec", "recipe", "sentence"),
    [
        (SPEC, QUICK.replace(optimizer="sgd", learning_rate=100.0, weight_decay=1.0), "`learning_rate` of 100"),
        (SPEC.replace(num_classes=4), QUICK, "`num_classes` must be at least the 10 classes of Digits"),
        (SPEC, QUICK.replace(device="cuda:99"), "must be auto or one of cpu on this machine, and it is cuda:99"),
    ],
)
def test_a_run_that_fails_says_why(served, spec, recipe, sentence):
    run = wait_for_end(served, submit(served, recipe, spec))
    assert run.state == "failed"
    assert sentence in run.sentence
    assert run.sentence in served.log(run.id)
    assert "Traceback" not in served.log(run.id)


def test_an_error_that_nobody_expected_is_in_the_log(served):
    run = served.submit(SPEC, ENDLESS, name="", owner="ann")
    # Where the weights should go there is a folder that cannot be replaced by a file.
    (served.folder / "runs" / run.id / "last.safetensors" / "in the way").mkdir(parents=True)
    ensure_scheduler(served.folder)
    run = wait_for_end(served, run)
    assert run.state == "failed"
    assert "The weights cannot be saved in" in run.sentence
    assert "Traceback" in served.log(run.id)


def test_stop_ends_a_run_and_keeps_what_it_learnt(served):
    run = submit(served, ENDLESS)
    wait_for_epoch(served, run)
    served.request_stop(run.id)
    asked = time.time()
    run = wait_for_end(served, run)
    assert run.state == "stopped"
    assert run.ended_at.timestamp() - asked < GENEROUS
    assert 0 < run.step < run.total_steps
    assert len(served.curve(run.id, max_points=10_000).train_steps) == run.step
    assert load_file(served.weights(run.id, "last"))
    assert run.best_test_accuracy is not None


def test_stop_does_not_wait_for_a_slow_step(served):
    slow = preset("resnet18").replace(image_size=160, num_classes=10)
    run = submit(served, ENDLESS.replace(batch_size=48), slow)  # a step takes seconds
    wait_until(lambda: served.run(run.id).total_steps, "the training has started")
    served.request_stop(run.id)
    asked = time.time()
    run = wait_for_end(served, run)
    assert (run.state, run.step) == ("stopped", 0)
    assert run.ended_at.timestamp() - asked < GENEROUS
    assert load_file(served.weights(run.id, "last"))


def test_a_killed_worker_leaves_an_interrupted_run_with_its_weights(served):
    run = submit(served, ENDLESS)
    wait_for_epoch(served, run)
    wait_until(checkpoint_file(served.folder, run.id).exists, "the checkpoint, which follows the epoch's end")
    kill(run_lock(served.folder, run.id))
    run = wait_for_end(served, run)
    assert run.state == "interrupted"
    assert f"died after step {run.step} of {run.total_steps}" in run.sentence
    assert "Resume the run to continue from its last checkpoint." in run.sentence
    assert len(served.curve(run.id, max_points=10_000).train_steps) == run.step >= 23
    assert all(torch.isfinite(tensor).all() for tensor in load_file(served.weights(run.id, "last")).values())


def test_as_many_run_at_once_as_there_are_cores_and_the_others_wait(served):
    greedy = [submit(served, ENDLESS, owner="ann") for _ in range(CORES + 2)]
    wait_until(lambda: sum(served.run(run.id).state == "running" for run in greedy) == CORES, "every core has a run")
    late = submit(served, ENDLESS, owner="bob")
    assert served.queue() == [late.id, *(run.id for run in greedy[CORES:])]
    served.request_stop(greedy[0].id)
    wait_until(lambda: served.run(late.id).state == "running", "the newcomer has its turn")
    assert served.queue() == [run.id for run in greedy[CORES:]]
    for run in (late, *greedy[::-1]):
        served.request_stop(run.id)
    assert {wait_for_end(served, run).state for run in (late, *greedy)} == {"stopped"}


APP = """
import sys, time
from pathlib import Path
from cnnlab.architectures import preset
from cnnlab.runs import ensure_scheduler, open_store
from cnnlab.training import Recipe

store = open_store(Path(sys.argv[1]))
recipe = Recipe(dataset="digits", batch_size=64, epochs=30)
print(store.submit(preset("lenet5_tutorial"), recipe, name="", owner="").id, flush=True)
ensure_scheduler(store.folder)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills process groups")
def test_a_run_survives_the_app_and_the_scheduler(tmp_path):
    with kept_runs(tmp_path / "home") as store:
        app = subprocess.Popen(
            [sys.executable, "-c", APP, store.folder],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        with app:
            run = store.run(app.stdout.readline().strip())
            wait_for_epoch(store, run)
            os.killpg(app.pid, signal.SIGKILL)
        worker = holder(run_lock(store.folder, run.id))
        kill(scheduler_lock(store.folder))
        before = store.run(run.id)
        assert before.state == "running"

        # A new scheduler leaves the run to the worker that has it, and carries out others.
        other = wait_for_end(store, submit(store))
        assert other.state == "done"
        run = wait_for_end(store, run)
        assert (run.state, run.step) == ("done", 30 * 23)
        assert run.step > before.step
        assert len(store.curve(run.id, max_points=10_000).train_steps) == run.step
        assert store.log(run.id).count("process:") == 1
        assert f"process: {worker}" in store.log(run.id)

        # Nobody is left to say so: whoever looks sees it.
        run = submit(store, ENDLESS)
        wait_for_epoch(store, run)
        kill(scheduler_lock(store.folder))
        assert store.run(run.id).state == "running"
        kill(run_lock(store.folder, run.id))
        assert store.run(run.id).state == "interrupted"
