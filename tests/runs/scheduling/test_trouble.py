"""Stores that may not be written, and full disks: a sentence, and the runs that are there are shown."""

import errno
import json
import os
import sqlite3
import sys
from contextlib import closing

import pytest

from cnnlab.cli import main
from cnnlab.lock import FileLock
from cnnlab.runs import StoreUnavailable, UnknownRun, ensure_scheduler, open_store
from cnnlab.runs.scheduling.scheduler import serve
from cnnlab.runs.store.files import epoch_file, run_folder, run_lock, scheduler_lock
from cnnlab.runs.store.housekeeping import delete_run, rename
from cnnlab.runs.store.recorder import Recorder
from cnnlab.runs.store.tables import VERSION
from cnnlab.runs.submit import fork
from cnnlab.training import Recipe
from cnnlab.training.checkpoint import write_atomically
from cnnlab.words.sentence import Sentence
from tests.runs.conftest import SPEC
from tests.unwritable import NEEDS_ROOM, let_no_more_in, unwritable

RECIPE = Recipe(dataset="digits")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The user's folder, with a run that waits and one whose process is gone."""
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path))
    store = open_store()
    for name in ("gone", "waits"):
        store.submit(SPEC, RECIPE, name=name, owner="ann")
    gone, _ = store.queue()
    assert Recorder(store.database, store.folder, gone).begin()
    store.close()
    return tmp_path


def set_version(folder, version):
    with sqlite3.connect(folder / "runs.sqlite") as connection:
        connection.execute("UPDATE about SET version = ?", (version,))
    connection.close()


def refused(capsys, *arguments):
    """What the command line says when it refuses."""
    assert main(["runs", *arguments]) == 2
    return capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes.")
def test_a_store_that_may_not_be_written_is_read(folder, capsys):
    with unwritable(folder):
        store = open_store()
        assert store.is_read_only
        assert [run.name for run in store.runs()] == ["waits", "gone"]
        waits, gone = store.runs()
        assert store.queue() == [waits.id]
        assert store.curve(gone.id).train_steps == ()
        assert (store.log(gone.id), store.weights(gone.id, "last")) == ("", None)
        for write in (
            lambda: store.submit(SPEC, RECIPE, name="", owner="ann"),
            lambda: store.request_stop(waits.id),
            lambda: rename(store, waits.id, "another"),
            lambda: delete_run(store, waits.id),
            lambda: serve(folder, idle_seconds=0),
        ):
            with pytest.raises(
                StoreUnavailable, match=r"are read-only: .* set CNNLAB_HOME to another one, and restart"
            ):
                write()
        ensure_scheduler(folder)
        assert not (folder / "scheduler.log").exists()

        assert main(["runs", "list"]) == 0
        listed = capsys.readouterr().out
        assert "waits" in listed
        assert "are read-only" in listed
        assert "are read-only" in refused(capsys, "stop", waits.id)
        store.close()
    with closing(open_store()) as store:
        assert [run.state for run in store.runs()] == ["queued", "interrupted"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes.")
def test_what_another_process_writes_is_seen_by_one_that_may_only_read(folder):
    writes = open_store()
    with unwritable(folder):
        reads = open_store()
        assert reads.is_read_only
        seen = len(reads.runs())
    writes.submit(SPEC, RECIPE, name="new", owner="ann")
    with unwritable(folder):
        assert len(reads.runs()) == seen + 1
    writes.close()
    with unwritable(folder):
        assert len(reads.runs()) == seen + 1


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        (VERSION + 1, "were written by a later version of CNN Lab"),
        (VERSION - 1, "were written by an earlier version of CNN Lab and cannot"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes.")
def test_a_store_of_another_version_that_may_not_be_written_is_a_sentence(folder, version, sentence):
    set_version(folder, version)
    with unwritable(folder), pytest.raises(StoreUnavailable, match=sentence):
        open_store()


def test_a_store_of_a_later_version_is_a_sentence_on_the_command_line(folder, capsys):
    set_version(folder, VERSION + 1)
    assert "were written by a later version of CNN Lab" in refused(capsys, "list")


def test_a_full_disk_takes_no_run_and_shows_those_that_are_there(folder):
    store = open_store(folder)
    let_no_more_in(store)
    with pytest.raises(StoreUnavailable, match=r"database or disk is full\): make sure that .* the disk is not full"):
        store.submit(SPEC, RECIPE, owner=NEEDS_ROOM)
    assert [run.name for run in store.runs()] == ["waits", "gone"]
    store.close()


def test_where_it_cannot_be_written_down_that_a_process_is_gone_the_run_is_shown_all_the_same(folder):
    with sqlite3.connect(folder / "runs.sqlite") as connection:
        connection.execute("CREATE TRIGGER full BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'full'); END")
    connection.close()
    store = open_store()
    assert [run.state for run in store.runs()] == ["queued", "running"]
    with store.database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    assert [run.state for run in store.runs()] == ["queued", "interrupted"]
    store.close()


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("family", "perceptron", "perceptron"),
        ("spec", '{"tubes": 3}', "`tubes` is not"),
        ("recipe", '{"epochs": 0}', "`epochs` must"),
    ],
)
def test_a_run_that_this_version_does_not_know_hides_no_other(folder, capsys, column, value, why):
    store = open_store(folder)
    waits, gone = store.runs()
    store.change(waits.id, **{column: value})
    assert [run.id for run in store.runs()] == [gone.id]
    with pytest.raises(UnknownRun, match=f"written by another version of CNN Lab.*{why}"):
        store.run(waits.id)
    assert main(["runs", "list"]) == 0
    assert waits.id not in capsys.readouterr().out
    assert why in refused(capsys, "log", waits.id)
    store.change(waits.id, **{column: json.dumps(getattr(waits, column).values) if column != "family" else "lenet"})
    assert len(store.runs()) == 2
    store.close()


def no_room(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_fork_without_room_for_its_checkpoint_is_a_sentence(folder, monkeypatch):
    store = open_store()
    parent = store.runs()[0]
    start = epoch_file(folder, parent.id, 1)
    start.parent.mkdir(parents=True)
    start.write_bytes(b"a checkpoint")
    monkeypatch.setattr("os.link", no_room)
    monkeypatch.setattr("shutil.copyfile", no_room)
    with pytest.raises(StoreUnavailable, match=r"cannot be copied in .* \(No space left on device\)"):
        fork(store, parent.id, epoch=1, owner="ann")
    assert len(store.runs()) == 2
    assert not list(folder.rglob("*.partial"))
    store.close()


def test_a_system_that_starts_no_more_processes_is_a_sentence(folder, monkeypatch):
    def too_many(*_, **__):
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr("subprocess.Popen", too_many)
    with pytest.raises(StoreUnavailable, match=r"could not be started .*: close other programs"):
        ensure_scheduler(folder)


def test_images_that_cannot_be_read_are_not_taken_for_weights_that_cannot_be_saved(folder, monkeypatch):
    from cnnlab.runs.scheduling import worker

    def unreadable(*_, **__):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(worker, "Training", unreadable)
    store = open_store(folder)
    (run_id,) = store.queue()
    run_folder(folder, run_id).mkdir()
    lock = FileLock(run_lock(folder, run_id))
    assert lock.acquire()
    record = Recorder(store.database, folder, run_id)
    assert record.begin()
    worker._train_or_fail(store, record, run_id, threads=1)
    run = store.run(run_id)
    assert run.state == "failed"
    assert (
        run.sentence
        == "The images of digits cannot be read (Input/output error): download or import the data set again."
    )
    lock.release()
    store.close()


def test_a_lock_holds_where_there_is_no_room_for_the_number_of_its_process(tmp_path, monkeypatch):
    lock = FileLock(tmp_path / "lock")
    monkeypatch.setattr("os.write", no_room)
    assert lock.acquire()
    assert not FileLock(tmp_path / "lock").acquire()
    lock.release()
    assert FileLock(tmp_path / "lock").acquire()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit.")
def test_a_file_that_breaks_off_in_its_middle_leaves_the_last_whole_one(tmp_path):
    import resource

    path = tmp_path / "last"
    write_atomically(path, b"whole")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_atomically(path, b"new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"whole"
    assert [file.name for file in tmp_path.iterdir()] == ["last"]


def test_a_scheduler_outlasts_a_store_that_cannot_be_written_for_a_while(folder, monkeypatch):
    """What it cannot write down it tries again, and leaves at last, without its lock."""
    monkeypatch.setattr("cnnlab.runs.scheduling.scheduler.MAX_WAIT_SECONDS", 0.01)
    monkeypatch.setattr("cnnlab.runs.scheduling.scheduler._context", lambda: None)
    looks = []

    def look(_):
        looks.append(len(looks))
        if len(looks) < 4:
            raise StoreUnavailable(Sentence("The disk is full."))
        return False

    monkeypatch.setattr("cnnlab.runs.scheduling.scheduler.Scheduler.update", look)
    monkeypatch.setattr("cnnlab.runs.scheduling.scheduler.Scheduler.wait", lambda _: None)
    store = open_store()
    for run in store.runs():
        if run.active:
            store.request_stop(run.id)
    assert serve(folder, idle_seconds=0.5) == "idle"
    assert len(looks) > 4

    def never(_):
        raise StoreUnavailable(Sentence("The disk is full."))

    monkeypatch.setattr("cnnlab.runs.scheduling.scheduler.Scheduler.update", never)
    with pytest.raises(StoreUnavailable, match="full"):
        serve(folder, idle_seconds=0.05)
    assert FileLock(scheduler_lock(folder)).acquire()
    store.close()


def test_what_one_s_runs_take_is_counted_while_files_come_and_go(folder):
    store = open_store()
    run = store.runs()[0]
    run_folder(folder, run.id).mkdir()
    (run_folder(folder, run.id) / "last.safetensors").write_bytes(bytes(100))
    run_lock(folder, run.id).symlink_to(folder / "nowhere")  # as a file that was moved since the folder was read
    assert store.submit(SPEC, RECIPE, name="", owner="ann").state == "queued"
    store.close()
