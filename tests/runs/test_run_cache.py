"""Snapshots of runs: one for all viewers, and never anything else than what is in the store."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cnnlab.architectures import preset
from cnnlab.lock import FileLock
from cnnlab.runs import Store, UnknownRun, open_store
from cnnlab.runs.run_cache import RunCache
from cnnlab.runs.store.files import run_folder, run_lock
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import EpochEnd, Recipe, Steps

FOREVER = 1e9
"""Seconds for which a snapshot holds, where a test wants to see that it does."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(tmp_path_factory.mktemp("home"))
    yield store
    store.close()


def submit(store: Store) -> str:
    return store.submit(preset("lenet5_tutorial"), Recipe(), name="a run", owner=str(len(store.runs(1000)))).id


def begin(store: Store, run_id: str) -> tuple[Recorder, FileLock]:
    """The pen of a worker that has begun the run, and the lock that says that somebody carries it out."""
    run_folder(store.folder, run_id).mkdir()
    lock = FileLock(run_lock(store.folder, run_id))
    assert lock.acquire()
    record = Recorder(store.database, store.folder, run_id)
    assert record.begin()
    return record, lock


def steps(first: int, count: int) -> Steps:
    losses = tuple(1 / step for step in range(first, first + count))
    return Steps(
        first_step=first,
        losses=losses,
        accuracies=losses,
        learning_rate=0.1,
        examples_per_second=100.0,
        seconds=float(first + count),
    )


def epoch_end(epoch: int, step: int) -> EpochEnd:
    return EpochEnd(
        epoch=epoch,
        step=step,
        train_loss=1 / epoch,
        train_accuracy=0.5,
        test_loss=1 / step,
        test_accuracy=0.5,
        seconds=float(step),
        is_best=False,
    )


def test_all_viewers_of_a_run_share_one_snapshot_until_it_is_old(store: Store) -> None:
    run_id = submit(store)
    cache, hasty = RunCache(store, FOREVER), RunCache(store, 0.0)
    first = cache.snapshot(run_id)
    assert cache.snapshot(run_id) is first
    # Another process has a store of its own.
    other = open_store(store.folder)
    other.change(run_id, note="written elsewhere")
    other.close()
    assert cache.snapshot(run_id) is first
    assert hasty.snapshot(run_id).run.note == "written elsewhere"
    assert cache.snapshot(run_id, refresh=True).run.note == "written elsewhere"
    assert cache.snapshot(run_id).run.note == "written elsewhere"


def test_what_this_process_writes_is_seen_at_once(store: Store) -> None:
    run_id = submit(store)
    cache = RunCache(store, FOREVER)
    assert cache.snapshot(run_id).run.state == "queued"
    store.request_stop(run_id)
    assert cache.snapshot(run_id).run.state == "stopped"


def test_an_unknown_run_is_refused(store: Store) -> None:
    cache = RunCache(store, 0.0)
    with pytest.raises(UnknownRun):
        cache.snapshot("nothing")


def test_the_run_that_was_not_asked_for_the_longest_is_dropped(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnlab.runs.run_cache.MAX_RUNS", 2)
    first, second, third = (submit(store) for _ in range(3))
    cache = RunCache(store, FOREVER)
    seen = {run_id: cache.snapshot(run_id) for run_id in (first, second, first, third)}
    assert cache.snapshot(first) is seen[first]
    assert cache.snapshot(third) is seen[third]
    assert cache.snapshot(second) is not seen[second]


@settings(max_examples=25, deadline=None)
@given(some.lists(some.one_of(some.integers(1, 5), some.sampled_from(["epoch", "resume", "look"])), max_size=20))
def test_what_is_read_in_pieces_is_what_is_read_at_once(store: Store, happens: list[int | str]) -> None:
    run_id = submit(store)
    record, lock = begin(store, run_id)
    cache = RunCache(store, FOREVER)
    step, epoch, saved = 0, 0, (0, 0)
    for what in happens:
        match what:
            case int():
                record.write(steps(step + 1, what))
                step += what
            case "epoch" if step > saved[0]:
                epoch += 1
                record.write(epoch_end(epoch, step))
                saved = (step, epoch)
            case "resume":
                # What came after the last checkpoint is computed again, and may be written in other pieces.
                record.rewind(*saved)
                step, epoch = saved
            case "look":
                assert cache.snapshot(run_id, refresh=True).curve == store.curve(run_id)
    assert cache.snapshot(run_id, refresh=True).curve == store.curve(run_id)
    lock.release()
