import csv
import io

import pytest

from cnnlab.runs import NotPossible, UnknownRun, open_store
from cnnlab.runs.exporting import COLUMNS, epochs_csv
from cnnlab.runs.store.files import run_folder
from cnnlab.runs.store.housekeeping import annotate, compact, delete_run, rename, restore_run, tag
from cnnlab.runs.store.recorder import Recorder
from cnnlab.spec import Refused
from cnnlab.training import EpochEnd, Recipe, Steps
from tests.runs.conftest import SPEC

EVIL = '=HYPERLINK("http://x") <script>alert(1)</script> \' ; DROP TABLE runs; --'


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path)
    yield store
    store.close()


def submit(store, name="a run"):
    return store.submit(SPEC, Recipe(dataset="digits"), name=name, owner="ann")


def test_names_notes_and_tags_are_kept_to_the_letter(store):
    run = submit(store)
    rename(store, run.id, f"  {EVIL} ")
    annotate(store, run.id, f"{EVIL}\n\n{EVIL}")
    tag(store, run.id, [EVIL[:20], "good", " good ", ""])
    run = store.run(run.id)
    assert (run.name, run.note, run.tags) == (EVIL, f"{EVIL}\n\n{EVIL}", (EVIL[:20], "good"))


def test_what_is_too_long_is_a_sentence(store):
    run = submit(store)
    for refused in (
        lambda: rename(store, run.id, " "),
        lambda: rename(store, run.id, "x" * 81),
        lambda: annotate(store, run.id, "x" * 4001),
        lambda: tag(store, run.id, ["x" * 31]),
        lambda: tag(store, run.id, map(str, range(13))),
    ):
        with pytest.raises(Refused, match=r"\d"):
            refused()
    assert store.run(run.id) == run


def test_a_deleted_run_comes_back_until_the_store_is_compacted(store):
    kept, gone = submit(store, "kept"), submit(store, "gone")
    run_folder(store.folder, gone.id).mkdir()
    (run_folder(store.folder, gone.id) / "last.safetensors").write_bytes(b"weights")
    delete_run(store, gone.id)
    assert [run.id for run in store.runs()] == [kept.id]
    assert [run.id for run in store.runs(deleted=True)] == [gone.id]
    assert store.queue() == [kept.id]
    with pytest.raises(NotPossible, match="restore it first"):
        store.resume(gone.id)
    restore_run(store, gone.id)
    assert store.run(gone.id).state == "stopped"
    store.resume(gone.id)
    assert store.queue() == [kept.id, gone.id]

    delete_run(store, gone.id)
    assert compact(store) == 1
    with pytest.raises(UnknownRun):
        store.run(gone.id)
    assert not run_folder(store.folder, gone.id).exists()
    assert store.run(kept.id).state == "queued"
    assert compact(store) == 0


def test_a_run_that_still_trains_is_not_forgotten(store, monkeypatch):
    monkeypatch.setattr("cnnlab.runs.store.recorder.is_held", lambda _: True)
    run = submit(store)
    assert Recorder(store.database, store.folder, run.id).begin()
    delete_run(store, run.id)
    assert compact(store) == 0
    assert store.run(run.id).request == "stop"


def test_compacting_gives_room_back(store):
    run = submit(store)
    pen = Recorder(store.database, store.folder, run.id)
    for first in range(1, 200_000, 20_000):
        values = tuple(map(float, range(20_000)))
        pen.write(
            Steps(
                first_step=first,
                losses=values,
                accuracies=values,
                learning_rate=1.0,
                examples_per_second=1.0,
                seconds=1,
            )
        )
    size = (store.folder / "runs.sqlite").stat().st_size + (store.folder / "runs.sqlite-wal").stat().st_size
    delete_run(store, run.id)
    compact(store)
    store.close()
    assert (store.folder / "runs.sqlite").stat().st_size < size / 4


def test_the_numbers_as_csv_hold_no_formula(store):
    run = submit(store, EVIL)
    Recorder(store.database, store.folder, run.id).write(
        EpochEnd(
            epoch=1, step=2, train_loss=1.5, train_accuracy=0.25, test_loss=1.25, test_accuracy=0.5, seconds=2.0,
            is_best=True,
        )
    )  # fmt: skip
    (row,) = csv.DictReader(io.StringIO(epochs_csv(store, [store.run(run.id)])))
    assert tuple(row) == COLUMNS
    assert row["name"] == f"'{EVIL}"
    assert (row["epoch"], row["train_loss"], row["validation_loss"]) == ("1", "1.5", "")
