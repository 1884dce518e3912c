"""The file of the store: locked by others, damaged, closed when it is not needed, and hidden from other accounts."""

import os
import sqlite3
import sys
import threading
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cnnlab.cli import main
from cnnlab.home import protect
from cnnlab.lock import FileLock
from cnnlab.runs import StoreUnavailable, open_store
from cnnlab.runs.settings import settings_file
from cnnlab.runs.store.housekeeping import rename
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import Recipe
from tests.runs.conftest import SPEC

HAS_MODES = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes.")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The user's folder, with a run whose process is gone."""
    folder = tmp_path / "home"
    monkeypatch.setenv("CNNLAB_HOME", str(folder))
    with closing(open_store()) as store:
        run = store.submit(SPEC, Recipe(dataset="digits"), name="gone", owner="ann")
        assert Recorder(store.database, store.folder, run.id).begin()
    return folder


@contextmanager
def locked(folder):
    """Inside, another program is writing."""
    with closing(sqlite3.connect(folder / "runs.sqlite", isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other
        if other.in_transaction:
            other.execute("ROLLBACK")


def test_a_locked_store_is_named_as_such(folder, monkeypatch):
    monkeypatch.setattr("cnnlab.runs.store.database.BUSY_SECONDS", 0.05)
    with closing(open_store()) as store:
        (run,) = store.runs()
        with locked(folder), pytest.raises(StoreUnavailable, match="are locked, because another program") as caught:
            rename(store, run.id, "new")
        assert "disk" not in str(caught.value)
        rename(store, run.id, "new")


def test_a_write_waits_for_the_one_before_it(folder):
    with closing(open_store()) as store:
        (run,) = store.runs()
        with locked(folder) as other:
            began = threading.Event()

            def write():
                began.set()
                rename(store, run.id, "new")

            writer = threading.Thread(target=write)
            writer.start()
            assert began.wait(60)
            assert store.run(run.id).name == "gone"
            other.execute("ROLLBACK")
            writer.join(60)
        assert store.run(run.id).name == "new"


def test_what_only_reads_needs_no_lock(folder, monkeypatch, capsys):
    monkeypatch.setattr("cnnlab.runs.store.database.BUSY_SECONDS", 3600)  # whoever waits fails by the test's end
    opening = FileLock(folder / "opening.lock")
    assert opening.acquire()
    with locked(folder), closing(open_store()) as store:
        (run,) = store.runs()
        assert run.state == "running", "that its process is gone is written down later"
        assert store.curve(run.id).train_steps == ()
        assert main(["runs", "list"]) == 0
        assert main(["runs", "csv", run.id]) == 0
        assert "gone" in capsys.readouterr().out
    opening.release()
    with closing(open_store()) as store:
        assert [run.state for run in store.runs()] == ["interrupted"]


def open_files(folder):
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.append(descriptor.readlink())
        except FileNotFoundError:
            continue
    return [path for path in found if path.is_relative_to(folder)]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="Only Linux tells which files are open.")
def test_what_was_opened_is_closed(folder):
    with closing(open_store()) as store:
        store.runs()
        assert open_files(folder)
    assert open_files(folder) == []
    with closing(sqlite3.connect(folder / "runs.sqlite", isolation_level=None)) as other:
        other.execute("UPDATE about SET version = version + 1")
    with pytest.raises(StoreUnavailable, match="a later version"):
        open_store()
    assert open_files(folder) == []


@pytest.mark.parametrize("content", [b"", b"not a database" * 1000, None])
def test_a_damaged_file_is_named_with_its_remedy_and_an_empty_one_is_a_new_store(folder, content):
    path = folder / "runs.sqlite"
    whole = path.read_bytes()
    path.write_bytes(content if content is not None else whole[:100] + bytes(len(whole) - 100))
    if content == b"":
        with closing(open_store()) as store:
            assert store.runs() == []
        return
    with pytest.raises(StoreUnavailable, match=r"restore the file runs.sqlite from a copy, or move it away"):
        open_store()


def modes(folder):
    return {path.relative_to(folder).as_posix(): path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")]}


@HAS_MODES
def test_the_home_is_its_owner_s_alone(tmp_path):
    before = os.umask(0o000)
    try:
        with closing(open_store(tmp_path / "home")) as store:
            store.submit(SPEC, Recipe(dataset="digits"), name="", owner="ann")
            found = modes(store.folder)
    finally:
        os.umask(before)
    assert found.pop(".") == 0o700
    assert found.pop("runs") & 0o077 in (0, 0o077)  # its parent lets nobody in
    assert set(found.values()) == {0o600}
    assert {"runs.sqlite", "runs.sqlite-wal"} <= set(found)


@HAS_MODES
def test_a_home_that_was_open_to_others_is_closed(folder):
    settings_file(folder).write_text('teacher_token = "white chalk"\n')
    weights = folder / "runs/abc/last.safetensors"
    own = folder / "data/own/pets.safetensors"
    for path in (weights, own):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"")
    stranger = folder.parent / "another's"
    stranger.write_text("")
    (folder / "data/link").symlink_to(stranger)
    for path in (folder, *folder.rglob("*"), stranger):
        path.chmod(0o777 if path.is_dir() else 0o666)
    open_store().close()
    found = modes(folder)
    assert found.pop("data/link") == 0o666, "what a link leads to is not ours"
    assert not any(mode & 0o077 for mode in found.values())
    settings_file(folder).chmod(0o644)  # written again
    open_store().close()
    assert settings_file(folder).stat().st_mode & 0o777 == 0o600


@HAS_MODES
def test_a_folder_for_all_stays_so(tmp_path):
    tmp_path.chmod(0o1777)
    (tmp_path / "settings.toml").write_text("")
    (tmp_path / "another's").write_text("")
    (tmp_path / "another's").chmod(0o644)
    protect(tmp_path)
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777
    assert (tmp_path / "settings.toml").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "another's").stat().st_mode & 0o777 == 0o644
