"""The same store in a PostgreSQL server, which the test starts and ends."""

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from cnnlab.architectures import preset
from cnnlab.runs import open_store
from cnnlab.runs.store.housekeeping import compact, delete_run, restore_run
from cnnlab.runs.store.recorder import Recorder
from cnnlab.runs.store.tables import VERSION, metadata
from cnnlab.training import EpochEnd, Finished, Recipe, Started, Steps
from tests.runs.store.test_migrations import VERSION_1
from tests.runs.store.test_sampling import check, faster_and_faster

STARTING_SECONDS = 60


def binaries():
    """The folder of the server's programs, which Debian keeps out of the path."""
    found = [Path(path).parent for path in filter(None, [shutil.which("initdb")])]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(found) if (folder / "initdb").is_file()), None)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    psycopg = pytest.importorskip("psycopg", reason="There is no driver for PostgreSQL: install psycopg.")
    programs = binaries()
    if programs is None:
        pytest.skip("There is no PostgreSQL server: apt-get install postgresql, to test the store in one.")
    user = {}
    if sys.platform != "win32" and os.geteuid() == 0:
        try:
            user = {"user": pwd.getpwnam("postgres").pw_name}  # it does not run as root
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres.")
    folder = tmp_path_factory.mktemp("postgres")
    if user:
        for path in (folder, *folder.parents):
            if path != Path("/") and path.stat().st_uid == 0 and path != Path("/tmp"):
                path.chmod(path.stat().st_mode | 0o011)
        shutil.chown(folder, **user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "lab", "--auth=trust", "--no-sync"],
        check=True, stdout=subprocess.DEVNULL, cwd=folder, **user,
    )  # fmt: skip
    options = {"-D": data, "-p": str(port), "-k": folder, "-h": "127.0.0.1"}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", *(part for pair in options.items() for part in pair), "-F"],
            stdout=log, stderr=log, cwd=folder, **user,
        )  # fmt: skip
        deadline = time.monotonic() + STARTING_SECONDS
        while True:
            try:
                psycopg.connect(host="127.0.0.1", port=port, user="lab", dbname="postgres").close()
                break
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                assert server.poll() is None
                time.sleep(0.05)
        yield f"postgresql+psycopg://lab@127.0.0.1:{port}/postgres"
        server.terminate()
        server.wait()


def test_a_run_is_kept_in_postgresql_from_the_queue_to_its_end(url, tmp_path):
    (tmp_path / "settings.toml").write_text(f'database = "{url}"\n')
    store = open_store(tmp_path)
    spec, recipe = preset("lenet5_tutorial"), Recipe(dataset="digits")
    first, second = (store.submit(spec, recipe, name="<b>é</b>", owner=owner) for owner in ("ann", "bob"))
    assert store.queue() == [first.id, second.id]
    pen = Recorder(store.database, store.folder, first.id)
    assert pen.begin()
    assert not Recorder(store.database, store.folder, first.id).begin()
    pen.write(Started(device="cpu", num_params=5, steps_per_epoch=2, total_steps=2, num_train=9, num_test=3, notes=()))
    pen.write(
        Steps(
            first_step=1, losses=(2.0, 1.5), accuracies=(0.5, 0.25), learning_rate=0.1, examples_per_second=9.0,
            seconds=1.0,
        )
    )  # fmt: skip
    pen.write(
        EpochEnd(
            epoch=1, step=2, train_loss=1.75, train_accuracy=0.4, test_loss=1.0, test_accuracy=0.5, seconds=1.5,
            is_best=True,
        )
    )  # fmt: skip
    pen.write(
        Finished(
            state="done", test_accuracy=0.5, best_test_accuracy=0.5, best_epoch=1, examples_per_second=9.0,
            device="cpu", seconds=1.5,
        )
    )  # fmt: skip
    run = store.run(first.id)
    assert (run.state, run.name, run.spec, run.recipe) == ("done", "<b>é</b>", spec, recipe)
    curve = store.curve(first.id)
    assert (curve.train_loss, curve.epoch_ends[0].test_accuracy) == ((2.0, 1.5), 0.5)
    store.go_first(second.id)
    delete_run(store, second.id)
    restore_run(store, second.id)
    store.resume(second.id)
    assert store.queue() == [second.id]
    delete_run(store, second.id)
    assert compact(store) == 1
    store.close()

    again = open_store(tmp_path)
    assert [run.id for run in again.runs()] == [first.id]
    again.close()
    assert not (tmp_path / "runs.sqlite").exists()


def test_a_long_run_is_read_in_part_as_in_a_file(url, tmp_path):
    (tmp_path / "settings.toml").write_text(f'database = "{url}"\n')
    with closing(open_store(tmp_path)) as store:
        check(store, 20_000, faster_and_faster)


def test_a_store_of_the_first_version_becomes_a_new_one(url, tmp_path):
    engine = create_engine(url)
    spec, recipe = json.dumps(preset("lenet5_tutorial").values), json.dumps({"dataset": "digits"})
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table.name}")
        connection.exec_driver_sql(VERSION_1.replace("BLOB", "BYTEA"))
        connection.exec_driver_sql(
            "INSERT INTO runs (number, id, name, owner, family, spec, recipe, state, sentence, stop_requested,"
            " created_at, device, notes, step, total_steps, epoch, examples_per_second) VALUES (1, 'one', 'old', 'ann',"
            " 'lenet', %s, %s, 'done', 'Stopped.', true, 100.0, 'cpu', '[]', 0, 0, 0, 0.0)",
            (spec, recipe),
        )
    (tmp_path / "settings.toml").write_text(f'database = "{url}"\n')
    store = open_store(tmp_path)
    run = store.run("one")
    assert (run.recipe, run.sentence, run.request, run.group) == (Recipe(dataset="digits"), "Stopped.", "", None)
    store.close()
    for table in metadata.sorted_tables:
        assert {column["name"] for column in inspect(engine).get_columns(table.name)} == {c.name for c in table.columns}
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT version FROM about").scalar_one() == VERSION
    engine.dispose()
