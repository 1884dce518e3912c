"""Stores that earlier versions wrote open, with all that is in them."""

import json
import sqlite3
import sys
from array import array
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, inspect

from cnnlab.architectures import preset
from cnnlab.runs import StoreUnavailable, open_store
from cnnlab.runs.store.migrations import STATEMENTS
from cnnlab.runs.store.recorder import Recorder
from cnnlab.runs.store.step_metrics import stored_metrics
from cnnlab.runs.store.tables import VERSION, metadata
from cnnlab.training import Recipe, Steps
from tests.unwritable import unwritable

STEPS = Steps(first_step=1, losses=(1.0,), accuracies=(0.5,), learning_rate=0.1, examples_per_second=9.0, seconds=1.0)

VERSION_1 = """
CREATE TABLE about (version INTEGER NOT NULL);
CREATE TABLE runs (
    number INTEGER NOT NULL PRIMARY KEY, id VARCHAR NOT NULL UNIQUE, name TEXT NOT NULL, owner TEXT NOT NULL,
    family VARCHAR NOT NULL, spec TEXT NOT NULL, recipe TEXT NOT NULL, state VARCHAR NOT NULL, sentence TEXT NOT NULL,
    stop_requested BOOLEAN NOT NULL, created_at FLOAT NOT NULL, started_at FLOAT, ended_at FLOAT,
    device VARCHAR NOT NULL, notes TEXT NOT NULL, step INTEGER NOT NULL, total_steps INTEGER NOT NULL,
    epoch INTEGER NOT NULL, examples_per_second FLOAT NOT NULL, seconds_left FLOAT, test_accuracy FLOAT,
    best_test_accuracy FLOAT, best_epoch INTEGER
);
CREATE INDEX ix_runs_state ON runs (state);
CREATE TABLE steps (
    run INTEGER NOT NULL REFERENCES runs (number), first_step INTEGER NOT NULL, losses BLOB NOT NULL,
    accuracies BLOB NOT NULL, learning_rate FLOAT NOT NULL, examples_per_second FLOAT NOT NULL, seconds FLOAT NOT NULL,
    PRIMARY KEY (run, first_step)
);
CREATE TABLE epochs (
    run INTEGER NOT NULL REFERENCES runs (number), epoch INTEGER NOT NULL, step INTEGER NOT NULL,
    train_loss FLOAT NOT NULL, train_accuracy FLOAT NOT NULL, test_loss FLOAT NOT NULL, test_accuracy FLOAT NOT NULL,
    seconds FLOAT NOT NULL, is_best BOOLEAN NOT NULL, PRIMARY KEY (run, epoch)
);
INSERT INTO about VALUES (1);
"""
VERSION_2 = (
    VERSION_1
    + """
ALTER TABLE epochs ADD COLUMN validation_loss FLOAT;
ALTER TABLE epochs ADD COLUMN validation_accuracy FLOAT;
UPDATE about SET version = 2;
"""
)
VERSION_3 = (
    VERSION_2
    + """
ALTER TABLE runs DROP COLUMN stop_requested;
ALTER TABLE runs ADD COLUMN wish VARCHAR NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN seconds FLOAT NOT NULL DEFAULT 20;
ALTER TABLE runs ADD COLUMN forecast_bytes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN parent VARCHAR;
ALTER TABLE runs ADD COLUMN parent_epoch INTEGER;
ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE runs ADD COLUMN deleted_at FLOAT;
ALTER TABLE steps ADD COLUMN gradient_norm FLOAT;
ALTER TABLE steps ADD COLUMN data_seconds FLOAT;
ALTER TABLE steps ADD COLUMN forward_seconds FLOAT;
ALTER TABLE steps ADD COLUMN backward_seconds FLOAT;
ALTER TABLE steps ADD COLUMN update_seconds FLOAT;
ALTER TABLE steps ADD COLUMN cores_used FLOAT;
ALTER TABLE steps ADD COLUMN memory_bytes FLOAT;
UPDATE about SET version = 3;
"""
)
VERSION_4 = VERSION_3 + "ALTER TABLE steps ADD COLUMN device_use FLOAT; UPDATE about SET version = 4;"

RUNS = (("one", "done", 1), ("two", "queued", 0))
RUN_COLUMNS = (
    "number, id, name, owner, family, spec, recipe, state, sentence, created_at, started_at, ended_at, device, notes,"
    " step, total_steps, epoch, examples_per_second, test_accuracy, best_test_accuracy, best_epoch"
)
SENTENCE, NOTE = 'It was {stopped} at 100 %, "so to speak".', "The images were padded."


@pytest.fixture(
    params=[VERSION_1, VERSION_2, VERSION_3, VERSION_4], ids=["version 1", "version 2", "version 3", "version 4"]
)
def folder(request, tmp_path):
    spec = json.dumps(preset("lenet5_tutorial").values)
    old_recipe = json.dumps({"dataset": "digits", "epochs": 2})
    losses = array("f", [2.0, 1.5]).tobytes()
    with sqlite3.connect(tmp_path / "runs.sqlite") as connection:
        connection.executescript(request.param)
        has_stop = "DROP COLUMN stop_requested" not in request.param
        for number, (run_id, state, stop) in enumerate(RUNS, start=1):
            connection.execute(
                f"INSERT INTO runs ({RUN_COLUMNS}{', stop_requested' if has_stop else ''}) VALUES (?, ?, 'old', 'ann',"
                " 'lenet', ?, ?, ?, ?, 100.0, 110.0, 130.0, 'cpu', ?, 2, 2, 1, 9.0, 0.5, 0.5, 1"
                f"{', ?' if has_stop else ''})",
                (number, run_id, spec, old_recipe, state, SENTENCE, json.dumps([NOTE]), *([stop] * has_stop)),
            )
        connection.execute(
            "INSERT INTO steps (run, first_step, losses, accuracies, learning_rate, examples_per_second, seconds)"
            " VALUES (1, 1, ?, ?, 0.1, 9.0, 1.0)",
            (losses, losses),
        )
        connection.execute(
            "INSERT INTO epochs (run, epoch, step, train_loss, train_accuracy, test_loss, test_accuracy, seconds,"
            " is_best) VALUES (1, 1, 2, 1.7, 0.4, 1.6, 0.5, 2.0, 1)"
        )
    connection.close()
    return tmp_path


def test_an_old_store_opens_with_its_runs(folder):
    store = open_store(folder)
    one, two = store.run("one"), store.run("two")
    assert (one.state, one.recipe, one.seconds, one.request) == ("done", Recipe(dataset="digits", epochs=2), 20.0, "")
    assert (one.note, one.tags, one.parent, one.deleted_at, one.group) == ("", (), None, None, None)
    assert (one.sentence, one.notes) == (SENTENCE, (NOTE,)), "as they were stored before sentences had templates"
    assert store.queue() == [two.id]
    curve = store.curve("one")
    assert curve.train_loss == (2.0, 1.5)
    assert curve.epoch_ends[0].validation_loss is None
    new = store.submit(preset("lenet5_tutorial"), Recipe(), name="new", owner="bob")
    assert [run.id for run in store.runs()] == [new.id, "two", "one"]
    store.close()
    open_store(folder).close()  # once more, now that it is a new one


def test_an_old_store_becomes_exactly_a_new_one(folder, tmp_path_factory):
    open_store(folder).close()
    fresh = tmp_path_factory.mktemp("fresh")
    open_store(fresh).close()

    def columns(path):
        engine = create_engine(f"sqlite:///{path / 'runs.sqlite'}")
        found = {
            table: {(c["name"], str(c["type"]), c["nullable"]) for c in inspect(engine).get_columns(table)}
            for table in metadata.tables
        }
        with engine.connect() as connection:
            version = connection.exec_driver_sql("SELECT version FROM about").scalar_one()
        engine.dispose()
        return version, found

    assert columns(folder) == columns(fresh)
    assert columns(fresh)[0] == VERSION


def test_a_migration_that_breaks_off_leaves_the_old_store(folder, monkeypatch):
    with sqlite3.connect(folder / "runs.sqlite") as connection:
        before = connection.execute("SELECT version FROM about").fetchone(), list(connection.iterdump())
    connection.close()
    statements = (*STATEMENTS[VERSION], "ALTER TABLE missing ADD COLUMN weight FLOAT")
    monkeypatch.setitem(STATEMENTS, VERSION, statements)
    with pytest.raises(StoreUnavailable, match="no such table: missing"):
        open_store(folder)
    with sqlite3.connect(folder / "runs.sqlite") as connection:
        assert (connection.execute("SELECT version FROM about").fetchone(), list(connection.iterdump())) == before
    connection.close()
    monkeypatch.undo()
    open_store(folder).close()


@pytest.fixture
def lacking(tmp_path):
    """A store of this version that was made before the gradient norm was a metric, with a row of steps."""
    store = open_store(tmp_path)
    run = store.submit(preset("lenet5_tutorial"), Recipe(), name="old", owner="ann")
    Recorder(store.database, store.folder, run.id).write(STEPS)
    store.close()
    with sqlite3.connect(tmp_path / "runs.sqlite") as connection:
        connection.execute("ALTER TABLE steps DROP COLUMN gradient_norm")
    connection.close()
    return tmp_path


def norms(store):
    (run,) = store.runs()
    return stored_metrics(store, run.id, max_points=9).values["gradient_norm"]


def test_a_store_gets_a_column_for_a_metric_that_was_declared_later(lacking):
    store = open_store(lacking)
    (run,) = store.runs()
    Recorder(store.database, store.folder, run.id).write(replace(STEPS, first_step=2, metrics={"gradient_norm": 3.5}))
    assert norms(store) == (None, 3.5)
    store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes.")
def test_a_store_that_cannot_be_written_is_read_without_the_metric(lacking):
    with unwritable(lacking):
        store = open_store(lacking)
        assert store.is_read_only
        assert norms(store) == (None,)
        store.close()
