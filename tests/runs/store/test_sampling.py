"""Long runs: a look at one reads as little as a look at a short one, and shows what was recorded."""

from array import array
from collections.abc import Callable

import pytest
from sqlalchemy import insert, select

from cnnlab.architectures import preset
from cnnlab.runs import open_store
from cnnlab.runs.run import MAX_POINTS
from cnnlab.runs.run_cache import RunCache
from cnnlab.runs.store.curve import MOST_ROWS
from cnnlab.runs.store.recorder import Recorder
from cnnlab.runs.store.step_metrics import stored_metrics
from cnnlab.runs.store.store import Store
from cnnlab.runs.store.tables import runs, steps
from cnnlab.runs.thinning import thinned_indices
from cnnlab.training import Recipe, Steps

FOUR_HOURS = 144_000
"""Rows of a run that is recorded every tenth of a second."""


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path)
    yield store
    store.close()


def loss_of(step: int) -> float:
    return float(step % 1024)  # exact in float32


def record(store: Store, num_rows: int, length: Callable[[int], int], first: int = 1) -> tuple[str, int]:
    """A run with so many rows, each with the steps that `length` says, and its last step."""
    run_id = store.submit(preset("lenet5_tutorial"), Recipe(), owner="ann").id
    with store.database.writing() as connection:
        number = connection.scalar(select(runs.c.number).where(runs.c.id == run_id))
        rows = []
        for i in range(num_rows):
            values = array("f", map(loss_of, range(first, first + length(i)))).tobytes()
            measured = {"learning_rate": 0.1, "examples_per_second": float(first)}
            rows.append({"run": number, "first_step": first, "losses": values, "accuracies": values} | measured)
            first += length(i)
            rows[-1]["seconds"] = (first - 1) / 10
        connection.execute(insert(steps), rows)
    return run_id, first - 1


def check(store: Store, num_rows: int, length: Callable[[int], int], first: int = 1) -> None:
    run_id, last = record(store, num_rows, length, first)
    curve = store.curve(run_id)
    values = curve.values
    assert values is not None
    wanted = [first + i for i in thinned_indices(last - first + 1, MAX_POINTS)]
    assert values.points.tolist() == wanted
    assert values.smoothed("loss", 0.0) == [loss_of(step) for step in wanted]
    assert values.seconds.tolist() == pytest.approx([step / 10 for step in wanted], rel=0.01)
    assert len(curve.train_loss) <= MAX_POINTS
    assert (curve.train_steps[-1], curve.train_loss[-1]) == (last, loss_of(last))
    longest = max(map(length, range(num_rows)))
    assert len(values.steps) <= 1.5 * MOST_ROWS * longest

    measured = stored_metrics(store, run_id, max_points=200)
    assert 100 <= len(measured.steps) <= 202
    assert measured.values["examples_per_second"] == tuple(map(float, measured.steps))
    assert measured.steps[0] <= measured.steps[-1] <= last
    assert last - measured.steps[-1] < longest


def one(_: int) -> int:
    return 1


def faster_and_faster(row: int) -> int:
    return 1 + row // 2000


def slower_and_slower(row: int) -> int:
    return 1 + (20_000 - row) // 2000


def test_four_hours_are_read_as_quickly_as_minutes(store):
    check(store, FOUR_HOURS, one)


@pytest.mark.parametrize("length", [one, faster_and_faster, slower_and_slower])
@pytest.mark.parametrize("first", [1, 3001])
def test_any_speed_and_a_fork_are_read_right(store, length, first):
    check(store, 20_000, length, first)


def test_a_long_run_that_goes_on_is_read_on(store):
    run_id, last = record(store, MOST_ROWS + 1000, one)
    cache = RunCache(store, 0.0)
    assert cache.snapshot(run_id).curve.values.points[-1] == last
    pen = Recorder(store.database, store.folder, run_id)
    for _ in range(3):
        pen.write(
            Steps(
                first_step=last + 1, losses=(7.0, 8.0), accuracies=(0.5, 0.5), learning_rate=0.1,
                examples_per_second=9.0, seconds=last / 10 + 1,
            )
        )  # fmt: skip
        last += 2
        values = cache.snapshot(run_id, refresh=True).curve.values
        assert (values.points[-1], values.smoothed("loss", 0.0)[-1]) == (last, 8.0)
    pen.rewind(last - 4, 0)
    assert cache.snapshot(run_id, refresh=True).curve.values.points[-1] == last - 4


def test_whoever_exports_a_run_gets_all_of_it(store):
    run_id, last = record(store, MOST_ROWS + 1000, one)
    assert store.curve(run_id, max_points=20_000).train_steps == tuple(range(1, last + 1))
