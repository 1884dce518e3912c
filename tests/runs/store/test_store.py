import dataclasses
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

import cnnlab
from cnnlab.architectures import preset
from cnnlab.lock import FileLock, is_held
from cnnlab.runs import StoreUnavailable, UnknownRun, default_folder, open_store
from cnnlab.runs.store.curve import thinned
from cnnlab.runs.store.files import checkpoint_file, epoch_file, run_folder, run_lock, scheduler_lock
from cnnlab.runs.store.recorder import Recorder
from cnnlab.runs.store.store import new_id
from cnnlab.runs.store.tables import VERSION
from cnnlab.runs.submit import fork
from cnnlab.spec import Refused
from cnnlab.training import EpochEnd, Finished, Recipe, Started, Steps
from cnnlab.words.sentence import Sentence

SPEC = preset("lenet5_tutorial")


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path / "home")
    yield store
    store.close()


def submit(store, owner="ann", **recipe):
    return store.submit(SPEC, Recipe(**recipe), name="first try", owner=owner)


def begin(store, run_id):
    """Carry out a run ourselves: its record, and the lock that says that somebody does."""
    run_folder(store.folder, run_id).mkdir()
    lock = FileLock(run_lock(store.folder, run_id))
    assert lock.acquire()
    record = Recorder(store.database, store.folder, run_id)
    assert record.begin()
    return record, lock


STARTED = Started(
    device="cpu", num_params=5, steps_per_epoch=4, total_steps=8, num_train=9, num_test=3, notes=("They are resized.",)
)


def steps(first_step, *losses):
    return Steps(
        first_step=first_step,
        losses=losses,
        accuracies=tuple(loss / 4 for loss in losses),
        learning_rate=0.1,
        examples_per_second=100.0,
        seconds=0.5 * (first_step + len(losses) - 1),
    )


def epoch_end(epoch, test_accuracy, is_best):
    return EpochEnd(
        epoch=epoch,
        step=4 * epoch,
        train_loss=1.5,
        train_accuracy=0.25,
        test_loss=1.25,
        test_accuracy=test_accuracy,
        seconds=2.0 * epoch,
        is_best=is_best,
    )


def test_a_submitted_run_waits_with_all_that_was_asked_for(store):
    spec = preset("resnet20_cifar").replace(depths=(1, 2))
    before = datetime.now(UTC)
    run = store.submit(spec, Recipe(dataset="digits", seed=7), name="<b>bold</b>", owner="ann")
    assert (run.spec, run.recipe, run.family) == (spec, Recipe(dataset="digits", seed=7), "resnet")
    assert (run.name, run.owner, run.state, run.active) == ("<b>bold</b>", "ann", "queued", True)
    assert before - timedelta(seconds=1) < run.created_at <= datetime.now(UTC)
    assert (run.started_at, run.ended_at, run.step, run.total_steps, run.test_accuracy) == (None, None, 0, 0, None)
    assert store.run(run.id) == run
    assert store.weights(run.id, "best") is None
    assert store.log(run.id) == ""
    assert store.curve(run.id).train_steps == ()


def test_a_run_is_written_down_as_it_happens(store):
    run_id = submit(store).id
    record, _lock = begin(store, run_id)
    run = store.run(run_id)
    assert (run.state, run.active, run.seconds_left) == ("running", True, None)
    assert run.started_at is not None

    record.write(STARTED)
    record.write(steps(1, 2.0))
    record.write(steps(2, 1.5, 1.0, 0.5))
    run = store.run(run_id)
    assert (run.device, run.notes, run.total_steps) == ("cpu", ("They are resized.",), 8)
    assert (run.step, run.epoch, run.examples_per_second, run.seconds_left) == (4, 0, 100.0, 2.0)

    first, second = epoch_end(1, 0.75, is_best=True), epoch_end(2, 0.5, is_best=False)
    record.write(first)
    record.write(steps(5, 0.5, 0.25, 0.25, 0.25))
    record.write(second)
    run = store.run(run_id)
    assert (run.epoch, run.test_accuracy, run.best_test_accuracy, run.best_epoch) == (2, 0.5, 0.75, 1)
    curve = store.curve(run_id)
    assert curve.train_steps == (1, 2, 3, 4, 5, 6, 7, 8)
    assert curve.train_loss == (2.0, 1.5, 1.0, 0.5, 0.5, 0.25, 0.25, 0.25)
    assert curve.train_accuracy == tuple(loss / 4 for loss in curve.train_loss)
    assert curve.epoch_ends == (first, second)

    record.write(
        Finished(
            state="done",
            test_accuracy=0.5,
            best_test_accuracy=0.75,
            best_epoch=1,
            examples_per_second=90.0,
            device="cpu",
            seconds=4.0,
        )
    )
    run = store.run(run_id)
    assert (run.state, run.active, run.sentence, run.examples_per_second, run.seconds_left) == (
        "done", False, "", 90.0, None
    )  # fmt: skip
    assert run.ended_at >= run.started_at >= run.created_at


def test_the_newest_runs_come_first(store):
    ids = [submit(store).id for _ in range(5)]
    assert [run.id for run in store.runs()] == ids[::-1]
    assert [run.id for run in store.runs(limit=2)] == ids[:2:-1]


def test_a_run_that_is_not_there_is_said_so(store):
    for ask in (store.run, store.curve, store.request_stop, store.log, lambda run_id: store.weights(run_id, "best")):
        with pytest.raises(UnknownRun, match=r"There is no run '\.\./\.\.' here"):
            ask("../..")


def test_owners_take_turns_also_with_those_who_had_theirs(store):
    a1, a2, b1 = submit(store, "ann").id, submit(store, "ann").id, submit(store, "bob").id
    assert [store.queue_position(run_id) for run_id in (a1, b1, a2)] == [1, 2, 3]
    _record, _lock = begin(store, a1)
    c1 = submit(store, "cem").id
    assert store.queue() == [b1, c1, a2]
    assert store.queue_position(a1) is None


def test_a_queued_run_stops_at_once_and_never_begins(store):
    run_id = submit(store).id
    store.request_stop(run_id)
    run = store.run(run_id)
    assert (run.state, run.active) == ("stopped", False)
    assert run.ended_at is not None
    assert not Recorder(store.database, store.folder, run_id).begin()
    store.request_stop(run_id)
    assert store.run(run_id) == run


def test_a_running_run_is_asked_to_stop(store):
    run_id = submit(store).id
    record, _lock = begin(store, run_id)
    assert record.request() == ""
    store.request_stop(run_id)
    assert record.request() == "stop"
    assert store.run(run_id).state == "running"


def test_only_one_can_begin_a_run(store):
    run_id = submit(store).id
    _record, lock = begin(store, run_id)
    assert not Recorder(store.database, store.folder, run_id).begin()
    assert not FileLock(run_lock(store.folder, run_id)).acquire()
    lock.release()


@pytest.mark.parametrize("saved", [False, True])
def test_a_run_whose_process_is_gone_was_interrupted(store, saved):
    run_id = submit(store).id
    record, lock = begin(store, run_id)
    record.write(STARTED)
    record.write(steps(1, 2.0, 1.5, 1.0))
    if saved:
        checkpoint_file(store.folder, run_id).write_bytes(b"where it was")
    assert store.run(run_id).state == "running"
    lock.release()
    run = store.runs()[0]
    assert (run.state, run.active) == ("interrupted", False)
    assert run.sentence.startswith("Its process died after step 3 of 8")
    assert ("continue from its last checkpoint" in run.sentence) == saved
    assert len(store.curve(run_id).train_steps) == 3


def test_where_there_is_a_scheduler_the_others_leave_it_to_see_to_the_gone(store):
    run_id = submit(store).id
    _record, lock = begin(store, run_id)
    lock.release()
    scheduler = FileLock(scheduler_lock(store.folder))
    assert scheduler.acquire()
    assert store.run(run_id).state == "running"
    scheduler.release()
    assert store.run(run_id).state == "interrupted"


def test_who_ends_a_run_first_decides_how_it_ended(store):
    run_id = submit(store).id
    record, _lock = begin(store, run_id)
    record.end("failed", Sentence("The loss is {value}.", value="not a number"))
    record.end("interrupted", Sentence("Its process died."))
    run = store.run(run_id)
    assert (run.state, run.sentence) == ("failed", "The loss is not a number.")


def test_many_write_at_once(store):
    writers = 6
    ids = [submit(store).id for _ in range(writers)]

    def carry_out(run_id):
        own = open_store(store.folder)
        record, lock = begin(own, run_id)
        for step in range(1, 41):
            record.write(steps(step, float(step)))
            assert own.run(run_id).step == step
        lock.release()
        own.close()

    threads = [threading.Thread(target=carry_out, args=(run_id,)) for run_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for run_id in ids:
        assert store.curve(run_id).train_loss == tuple(map(float, range(1, 41)))


def test_a_folder_that_cannot_be_is_explained(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreUnavailable, match=r"file cannot be read or written .* set CNNLAB_HOME to another folder"):
        open_store(tmp_path / "file")


def test_a_database_that_is_none_is_explained(tmp_path):
    (tmp_path / "runs.sqlite").write_bytes(b"something else" * 1000)
    with pytest.raises(StoreUnavailable, match="file is not a database"):
        open_store(tmp_path)


def test_a_write_that_the_database_refuses_is_explained(store):
    with sqlite3.connect(store.folder / "runs.sqlite") as connection:
        connection.execute("CREATE TRIGGER closed BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'no room'); END")
    connection.close()
    with pytest.raises(StoreUnavailable, match="no room"):
        submit(store)


def test_a_store_of_a_later_version_is_left_alone(store):
    with sqlite3.connect(store.folder / "runs.sqlite") as connection:
        connection.execute("UPDATE about SET version = version + 1")
    connection.close()
    with pytest.raises(StoreUnavailable, match=rf"store version {VERSION + 1}; this one reads up to {VERSION}\)"):
        open_store(store.folder)


def test_runs_are_kept_in_the_user_s_folder_or_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.delenv("CNNLAB_HOME", raising=False)
    assert default_folder().name == "cnnlab"
    assert default_folder().is_absolute()
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path / "elsewhere"))
    assert default_folder() == tmp_path / "elsewhere"


def test_locks_say_whether_they_are_held(tmp_path):
    path = tmp_path / "lock"
    assert not is_held(path)
    lock = FileLock(path)
    assert lock.acquire()
    assert is_held(path)
    assert not FileLock(path).acquire_within(0.05)
    lock.release()
    assert not is_held(path)
    assert lock.acquire()
    lock.release()


def test_runs_are_listed_without_torch():
    code = "import sys, cnnlab.runs, cnnlab.runs.scheduling.scheduler; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(cnnlab.__file__).parents[1])


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 11, 12, 19, 20, 21, 399, 1000, 12_345])
def test_thinned_curves_are_short_and_end_with_the_last_value(count):
    values = np.arange(count, dtype=np.float64)
    points = thinned(values, 10)
    assert len(points) == count if count <= 10 else 5 <= len(points) <= 10
    assert list(points) == sorted(set(points))
    if count:
        assert points[-1] == count - 1
    if count > 10:
        stretch = points[1] - points[0]
        assert np.log2(stretch) == int(np.log2(stretch))
        assert points[0] == (stretch - 1) / 2


def test_thinned_points_stay_where_they_are_while_the_curve_grows():
    values = np.random.default_rng(0).normal(size=(640, 2))
    before, after = thinned(values[:500], 100), thinned(values, 100)
    assert np.array_equal(before[:62], after[:62])


def test_runs_that_were_submitted_together_have_a_group(store):
    group = new_id()
    together = [store.submit(SPEC, Recipe(seed=seed), owner="ann", group=group) for seed in (1, 2)]
    alone = submit(store)
    assert [store.run(run.id).group for run in (*together, alone)] == [group, group, None]
    start = epoch_file(store.folder, together[0].id, 1)
    start.parent.mkdir()
    start.write_bytes(b"a checkpoint")
    branch = fork(store, together[0].id, epoch=1, owner="ann")
    assert (branch.group, branch.parent, branch.parent_epoch) == (None, together[0].id, 1)
    assert branch.name == "lenet5_tutorial, from epoch 1", "a run without a name has its preset's"
    assert checkpoint_file(store.folder, branch.id).read_bytes() == b"a checkpoint"


def test_a_network_whose_shapes_do_not_fit_is_refused(store):
    with pytest.raises(Refused, match="too small for its"):
        store.submit(SPEC.replace(image_size=8), Recipe(), owner="ann")
    assert store.runs() == []


def test_the_sentences_of_a_run_keep_their_templates(store):
    record, lock = begin(store, submit(store).id)
    note = Sentence("The images are padded to {size} pixels.", size=32)
    record.write(dataclasses.replace(STARTED, notes=(note, "They are resized.")))
    record.write(
        Finished(
            state="done", test_accuracy=None, best_test_accuracy=None, best_epoch=None, examples_per_second=1.0,
            device="cpu", seconds=1.0, notes=(Sentence("Stopped early: {epoch}.", epoch=3),),
        )
    )  # fmt: skip
    record.explain(Sentence("Stopped at the limit of {minutes:g} minutes.", minutes=240.0))
    (run,) = store.runs()
    assert run.notes == ("The images are padded to 32 pixels.", "They are resized.", "Stopped early: 3.")
    assert (run.notes[0].template, run.notes[0].values) == (note.template, {"size": 32})
    assert run.sentence == "Stopped at the limit of 240 minutes."
    assert run.sentence.values == {"minutes": 240.0}
    lock.release()
