"""A clock that is set while runs wait and train: nothing that is counted, measured or ordered follows from it."""

import time
from itertools import cycle

import pytest

from cnnlab.runs import open_store
from cnnlab.runs.store.queue import wait_of
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import EpochEnd, Finished, Recipe, Started, Steps, Training
from cnnlab.words.sentence import Sentence
from tests.runs.conftest import SPEC

NOW = 1_800_000_000.0
YEAR = 365 * 24 * 3600.0


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store on a machine whose clock jumps by years, back and forth, each time that it is asked."""
    jumps = cycle((NOW, NOW - 20 * YEAR, NOW + 7 * YEAR, 0.0, NOW + 1.0, NOW - 1.0))
    monkeypatch.setattr(time, "time", lambda: next(jumps))
    store = open_store(tmp_path)
    yield store
    store.close()


def submit(store, owner, **recipe):
    return store.submit(SPEC, Recipe(dataset="digits", **recipe), name="", owner=owner)


def carry_out(store, run_id):
    """All of a short training, written down as it happens."""
    run = store.run(run_id)
    record = Recorder(store.database, store.folder, run_id)
    assert record.begin()
    events = []
    for event in Training(run.spec, run.recipe).events():
        record.write(event)
        events.append(event)
        with store.database.reading() as connection:
            seconds_left = connection.exec_driver_sql("SELECT seconds_left FROM runs WHERE id = ?", (run_id,)).scalar()
        if isinstance(event, Steps):
            assert 0 <= seconds_left < 600
    return events


def test_turns_and_places_are_counted(store):
    a1, a2, b1, c1 = (submit(store, owner).id for owner in ("ann", "ann", "bob", "cem"))
    assert [run.id for run in store.runs()] == [c1, b1, a2, a1], "the newest first, whatever the clock says"
    assert store.queue() == [a1, b1, c1, a2]
    for run_id in (a1, b1):
        assert Recorder(store.database, store.folder, run_id).begin()
        Recorder(store.database, store.folder, run_id).end("failed", Sentence(""))
    b2 = submit(store, "bob").id
    assert store.queue() == [c1, a2, b2]


def test_what_a_run_took_and_will_take_is_measured(store):
    begun = time.perf_counter()
    run = submit(store, "ann", epochs=2, batch_size=256)
    events = carry_out(store, run.id)
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    done = store.run(run.id)
    assert done.state == "done"
    assert 0 < done.seconds <= time.perf_counter() - begun
    curve = store.curve(run.id)
    assert curve.train_steps == tuple(range(1, done.total_steps + 1))
    assert list(curve.train_seconds) == sorted(curve.train_seconds)
    ends = [event.seconds for event in events if isinstance(event, EpochEnd)]
    assert [end.seconds for end in curve.epoch_ends] == ends == sorted(ends)


def test_the_wait_is_by_what_runs_have_computed(store):
    (store.folder / "settings.toml").write_text("runs_at_once = 1\n")
    done = submit(store, "ann", epochs=1, batch_size=256)
    carry_out(store, done.id)
    first, second = submit(store, "ann"), submit(store, "bob")
    behind = {run.id: wait_of(store, run.id) for run in (first, second)}
    assert sorted(behind.values()) == pytest.approx([0.0, store.run(done.id).seconds])


def test_a_deleted_run_is_deleted_whenever_that_was(store):
    from cnnlab.runs.store.housekeeping import compact, delete_run, restore_run

    kept, gone = submit(store, "ann"), submit(store, "ann")
    for run in (kept, gone):
        delete_run(store, run.id)
    restore_run(store, kept.id)
    assert compact(store) == 1
    assert [run.id for run in store.runs()] == [kept.id]
