"""The pages on a store that cannot be written, or is another version's: a sentence, and the runs that are there."""

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.architectures import preset
from cnnlab.runs import Store, open_store
from cnnlab.runs.store.housekeeping import compact, delete_run
from cnnlab.runs.store.recorder import Recorder
from cnnlab.runs.store.tables import VERSION
from cnnlab.training import Recipe
from cnnlab.ui.state.store import close_store, run_store
from tests.ui.conftest import act_as_somebody, open_page, start_no_scheduler
from tests.unwritable import let_no_more_in, unwritable


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path))
    act_as_somebody(monkeypatch)
    close_store()
    opened = open_store()
    opened.submit(preset("lenet5_tutorial"), Recipe(dataset="digits"), name="one", owner="somebody")
    yield opened
    opened.close()
    close_store()


@pytest.fixture
def no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    start_no_scheduler(monkeypatch)


def names(test: AppTest) -> list[str]:
    return [str(name) for name in test.dataframe[-1].value["name"]]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes.")
def test_a_store_that_may_not_be_written_is_shown_and_says_so(store: Store) -> None:
    (run,) = store.runs()
    store.close()
    with unwritable(store.folder):
        test = open_page("train", run=run.id)
        assert names(test) == ["one"]
        assert any("make the folder writable" in info.value for info in test.info)
        test.button("train.start").click().run()
        assert any("make the folder writable" in error.value for error in test.error)
        assert names(test) == ["one"]

        test = open_page("runs", run=run.id)
        assert any("make the folder writable" in info.value for info in test.info)
        test.button("runs.stop").click().run()
        assert any("make the folder writable" in error.value for error in test.error)
        assert names(test) == ["one"]
        assert not test.exception


@pytest.mark.usefixtures("no_scheduler")
def test_a_full_disk_takes_no_run_and_shows_those_that_are_there(store: Store) -> None:
    assert run_store().folder == store.folder
    let_no_more_in(run_store())
    test = open_page("train", preset="lenet5_tutorial")
    for _ in range(100):  # the last page of the database may have room for some
        test.button("train.start").click().run()
        if test.error:
            break
    assert "the disk is not full" in test.error[0].value
    assert "one" in names(test)
    assert not test.exception


@pytest.mark.usefixtures("no_scheduler")
@pytest.mark.parametrize("name", ["train", "runs"])
def test_a_store_of_a_later_version_is_a_sentence(store: Store, name: str) -> None:
    with sqlite3.connect(store.folder / "runs.sqlite") as connection:
        connection.execute("UPDATE about SET version = version + 1")
    connection.close()
    assert f"store version {VERSION + 1}" in open_page(name).error[0].value


@pytest.mark.usefixtures("no_scheduler")
def test_a_run_that_is_deleted_while_it_trains_is_shown_to_whoever_watches(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = store.runs()
    assert Recorder(store.database, store.folder, run.id).begin()
    monkeypatch.setattr("cnnlab.runs.store.recorder.is_held", lambda _: True)  # as if a worker carried it out
    test = open_page("runs", run=run.id)
    delete_run(store, run.id)
    test.run()
    assert not test.exception
    assert test.button("runs.stop").label == "Stopping"
    assert test.button("runs.undo").label == "Restore"


@pytest.mark.usefixtures("no_scheduler")
@pytest.mark.parametrize("name", ["train", "runs"])
def test_a_run_that_is_forgotten_while_somebody_watches_is_a_sentence(
    store: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (run,) = store.runs()
    forget = [delete_run, lambda store, _: compact(store)]

    def look_once_more(*_: object) -> None:
        while forget:
            forget.pop(0)(store, run.id)

    # At the first tick it is still there; then somebody deletes it, and gives its room back.
    monkeypatch.setattr("cnnlab.ui.runs.watching.ensure_scheduler", look_once_more)
    test = open_page(name, run=run.id)
    assert store.runs() == []
    test.run()  # the next tick
    assert any("There is no run" in warning.value for warning in test.warning)


@pytest.mark.usefixtures("no_scheduler")
@pytest.mark.parametrize("button", ["runs.stop", "runs.pause", "runs.delete", "runs.keep"])
def test_a_button_of_a_run_that_is_forgotten_meanwhile_is_a_sentence(store: Store, button: str) -> None:
    (run,) = store.runs()
    test = open_page("runs", run=run.id)
    delete_run(store, run.id)
    compact(store)
    test.button(button).click().run()
    assert not test.exception
    assert any("There is no run" in text.value for text in (*test.warning, *test.error))


@pytest.mark.usefixtures("no_scheduler")
@pytest.mark.parametrize("mistake", ["teacher_token = 31415926", "max_epochs = ", "what = 1", 'database = "x://a:b@c"'])
@pytest.mark.parametrize("name", ["explore", "compare", "convolution", "train", "runs"])
def test_settings_that_break_while_the_server_runs_are_a_sentence(store: Store, name: str, mistake: str) -> None:
    assert run_store().folder == store.folder
    (store.folder / "settings.toml").write_text(mistake)
    test = open_page(name)  # without an exception
    if name == "runs" and "database" not in mistake:  # an open store keeps its database
        assert "The settings of this server cannot be used" in test.error[0].value
    if name == "train":
        test.button("train.start").click().run()
        assert not test.exception
        assert "database" in mistake or "The settings of this server cannot be used" in test.error[0].value
    assert not any("31415" in error.value for error in test.error)


@pytest.mark.usefixtures("no_scheduler")
@pytest.mark.parametrize("name", ["compare", "train", "runs"])
def test_a_server_that_starts_with_wrong_settings_says_so_and_no_more(store: Store, name: str) -> None:
    (store.folder / "settings.toml").write_text("teacher_token = 31415926")
    test = open_page(name)
    told = [element.value for element in (*test.error, *test.caption)]
    assert any("The settings of this server cannot be used" in text for text in told)
    assert not any("31415" in text for text in told)


@pytest.mark.usefixtures("no_scheduler")
def test_a_teacher_resumes_all_that_nobody_else_has_resumed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    (store.folder / "settings.toml").write_text('teacher_token = "white chalk"\n')
    (one,) = store.runs()
    other = store.submit(preset("lenet5_tutorial"), Recipe(dataset="digits"), name="two", owner="other")
    for run in (one, other):
        store.request_pause(run.id)
    test = open_page("runs")
    next(field for field in test.text_input if "token" in field.label).set_value("white chalk").run()
    resume, resumed = Store.resume, []

    def resumed_already(self: Store, run_id: str) -> None:
        if not resumed:
            resume(self, run_id)  # by its owner, at the same moment
        resumed.append(run_id)
        resume(self, run_id)

    monkeypatch.setattr(Store, "resume", resumed_already)
    test.button("runs.resume_all").click().run()
    assert not test.exception
    assert len(resumed) == 2
    assert {run.state for run in store.runs()} == {"queued"}
