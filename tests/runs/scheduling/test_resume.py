"""Runs that are paused, killed and forked for real: they end as if nothing had happened."""

import random

import pytest
import torch
from safetensors.torch import load_file

from cnnlab.runs import NotPossible
from cnnlab.runs.results.norms import norms
from cnnlab.runs.store.files import answers_file, checkpoint_file, epoch_file, kept_epochs, run_folder, run_lock
from cnnlab.runs.store.housekeeping import delete_run
from cnnlab.runs.submit import fork
from cnnlab.spec import Refused
from tests.runs.conftest import ENDLESS, QUICK, SPEC, kill, submit, wait_for_end, wait_for_epoch, wait_until

RECIPE = QUICK.replace(epochs=12, schedule="cosine", seed=3)
NETWORK = SPEC.replace(dropout=0.3, norm="batch")


@pytest.fixture(scope="module")
def undisturbed(served):
    """A run that nobody disturbs, and that is alone."""
    run = submit(served, RECIPE, NETWORK)
    wait_for_end(served, run)
    return run


def outcome(store, run):
    """All that a run has come to that does not depend on the clock."""
    run = store.run(run.id)
    curve = store.curve(run.id, max_points=100_000)
    ends = [(end.epoch, end.step, end.train_loss, end.test_loss, end.test_accuracy) for end in curve.epoch_ends]
    return run.state, run.step, curve.train_steps, curve.train_loss, curve.train_accuracy, ends, run.best_epoch


def assert_the_same(store, run, other):
    assert outcome(store, run) == outcome(store, other)
    first, second = (answers_file(store.folder, each.id).read_bytes() for each in (run, other))
    assert first == second
    for which in ("best", "last"):
        first, second = (load_file(store.weights(each.id, which)) for each in (run, other))
        assert first.keys() == second.keys()
        assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_same_seed_gives_the_same_curve_alone_or_beside_three_others(served, undisturbed):
    settings = served.folder / "settings.toml"
    settings.write_text("runs_at_once = 4\n")
    try:
        others = [submit(served, ENDLESS.replace(seed=seed), owner=f"other {seed}") for seed in range(3)]
        wait_until(lambda: all(served.run(other.id).step for other in others), "the others are busy")
        run = submit(served, RECIPE, NETWORK, owner="bob")
        assert wait_for_end(served, run).state == "done"
        assert {served.run(other.id).state for other in others} == {"running"}
    finally:
        settings.unlink()
        for other in others:
            served.request_stop(other.id)
    assert_the_same(served, run, undisturbed)
    for other in others:
        wait_for_end(served, other)


@pytest.mark.sweep
def test_a_run_that_is_paused_twice_ends_as_one_that_is_not(served, undisturbed):
    run = submit(served, RECIPE, NETWORK)
    chance = random.Random(1)
    for _ in range(2):
        wait_until(lambda: served.run(run.id).state != "queued", "it has begun")
        from_step = served.run(run.id).step + chance.randrange(60)
        wait_until(lambda step=from_step: (now := served.run(run.id)).step >= step or not now.active, "it has gone on")
        served.request_pause(run.id)
        paused = wait_for_end(served, run)
        if paused.state == "done":
            break
        assert (paused.state, paused.resumable, paused.sentence) == ("paused", True, "")
        served.resume(run.id)
    assert wait_for_end(served, run).state == "done"
    assert_the_same(served, run, undisturbed)


def test_a_run_whose_worker_is_killed_ends_as_one_whose_is_not(served, undisturbed):
    run = submit(served, RECIPE, NETWORK)
    wait_for_epoch(served, run, 2)
    kill(run_lock(served.folder, run.id))
    interrupted = wait_for_end(served, run)
    assert interrupted.state == "interrupted"
    told = served.curve(run.id, max_points=100_000).train_steps
    assert told == tuple(range(1, interrupted.step + 1))
    served.resume(run.id)
    assert wait_for_end(served, run).state == "done"
    assert_the_same(served, run, undisturbed)
    measured = norms(run, folder=served.folder).steps
    assert (measured[1:] > measured[:-1]).all()
    assert 1 == measured[0] < measured[-1] <= 12 * 23


def test_a_fork_branches_off_its_parent(served, undisturbed):
    assert kept_epochs(served.folder, undisturbed.id) == list(range(1, 13))
    same = fork(served, undisturbed.id, epoch=3, owner="bob")
    slower = fork(served, undisturbed.id, epoch=3, owner="bob", learning_rate=RECIPE.learning_rate / 10, epochs=5)
    assert (slower.parent, slower.parent_epoch, slower.recipe.learning_rate) == (undisturbed.id, 3, 0.0002)
    for run in (same, slower):
        assert wait_for_end(served, run).state == "done"
    parent, copied, branch = (served.curve(run.id, max_points=100_000) for run in (undisturbed, same, slower))
    begins = parent.epoch_ends[2].step
    assert copied.train_steps == parent.train_steps[begins:]
    assert copied.train_loss == parent.train_loss[begins:]
    assert branch.train_steps == tuple(range(begins + 1, 5 * 23 + 1))
    assert branch.train_loss[0] == parent.train_loss[begins]  # the loss before its first step is the parent's
    assert branch.train_loss[1] != parent.train_loss[begins + 1]
    assert [end.epoch for end in branch.epoch_ends] == [4, 5]


def test_a_fork_of_a_run_that_stopped_early_goes_on_and_has_best_weights(served):
    parent = wait_for_end(served, submit(served, QUICK.replace(learning_rate=1e-6, patience=1, epochs=50)))
    assert (parent.state, parent.epoch < 50) == ("done", True)
    forked = fork(served, parent.id, epoch=parent.epoch, owner="bob")
    ended = wait_for_end(served, forked)
    assert (ended.state, ended.sentence) == ("done", "")
    assert ended.step > parent.step
    assert ended.best_epoch is not None
    assert ended.best_epoch > parent.epoch
    assert served.weights(forked.id, "best") is not None


def test_what_cannot_be_forked_is_a_sentence(served, undisturbed):
    epoch_file(served.folder, undisturbed.id, 11).unlink()
    with pytest.raises(NotPossible, match="no checkpoint of epoch 11: the kept ones are of epochs 1, 2, 3"):
        fork(served, undisturbed.id, epoch=11, owner="bob")
    with pytest.raises(Refused, match=r"`batch_size` of a fork is its parent's, 64"):
        fork(served, undisturbed.id, epoch=3, owner="bob", batch_size=32)
    with pytest.raises(Refused, match="more than the 3 that are done, and it is 2: use 4 or more"):
        fork(served, undisturbed.id, epoch=3, owner="bob", epochs=2)


def test_a_damaged_checkpoint_ends_in_a_sentence_and_earlier_ones_are_there(served):
    run = submit(served, ENDLESS)
    wait_for_epoch(served, run, 2)
    served.request_pause(run.id)
    assert wait_for_end(served, run).state == "paused"
    path = checkpoint_file(served.folder, run.id)
    path.unlink()
    path.write_bytes(b"damaged")
    served.resume(run.id)
    failed = wait_for_end(served, run)
    assert failed.state == "failed"
    assert "checkpoint.safetensors is damaged" in failed.sentence
    again = fork(served, run.id, epoch=1, owner="ann", epochs=2)
    assert wait_for_end(served, again).state == "done"


def test_a_run_that_is_deleted_while_it_trains_stops(served):
    run = submit(served, ENDLESS)
    wait_for_epoch(served, run)
    delete_run(served, run.id)
    ended = wait_for_end(served, run)
    assert ended.state == "stopped"
    assert ended.deleted_at is not None
    assert run.id not in {other.id for other in served.runs()}


def test_a_run_stops_when_its_time_is_over(served):
    settings = served.folder / "settings.toml"
    settings.write_text("max_minutes = 0.01\n")
    try:
        run = wait_for_end(served, submit(served, ENDLESS))
        served.resume(run.id)
        resumed = wait_for_end(served, run)
        forked = wait_for_end(served, fork(served, run.id, epoch=resumed.epoch, owner="bob"))
    finally:
        settings.unlink()
    assert run.state == "stopped"
    assert run.sentence == "Stopped at the limit of 0.01 minutes."
    assert 0.6 <= run.seconds < 60
    for again in (resumed, forked):
        assert again.sentence == run.sentence, "as long as the first time"
    assert resumed.seconds > run.seconds + 0.6
    assert forked.seconds > run.seconds + 0.3, "its curve over the seconds goes on where the epoch ended"


def test_only_so_many_checkpoints_are_kept_as_fit(served):
    settings = served.folder / "settings.toml"
    settings.write_text("checkpoint_megabytes_per_run = 2\n")
    try:
        run = wait_for_end(served, submit(served, QUICK.replace(epochs=9)))
    finally:
        settings.unlink()
    kept = kept_epochs(served.folder, run.id)
    each = checkpoint_file(served.folder, run.id).stat().st_size
    assert len(kept) * each <= 2_000_000
    assert kept[-1] == 9
    assert set(kept[:-1]) <= {4, 8}
    assert not list(run_folder(served.folder, run.id).glob("*.partial"))
