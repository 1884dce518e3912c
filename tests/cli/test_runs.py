import json
import unicodedata

import pytest

from cnnlab.architectures import preset
from cnnlab.cli import main
from cnnlab.runs import NotPossible, open_store
from cnnlab.runs.store.files import run_folder
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import EpochEnd, Recipe
from cnnlab.words.sentence import Sentence


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path))
    monkeypatch.setattr("cnnlab.runs.ensure_scheduler", lambda _: None)
    store = open_store()
    yield store
    store.close()


def submit(store, name):
    return store.submit(preset("lenet5_tutorial"), Recipe(dataset="digits"), name=name, owner="ann").id


def test_runs_are_listed_with_their_places(store, capsys):
    first, second = submit(store, "one"), submit(store, "two \x1b[31m\x07")
    assert main(["runs", "first", second]) == 0
    assert main(["runs", "list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed[0].split()[:3] == [second, "queued", "(1)"]
    assert listed[0].endswith("two �[31m�")
    assert listed[1].split()[:3] == [first, "queued", "(2)"]
    assert main(["runs", "list", "--json"]) == 0
    assert [run["place"] for run in json.loads(capsys.readouterr().out)] == [1, 2]


def test_a_run_is_paused_resumed_stopped_deleted_and_brought_back(store):
    run_id = submit(store, "one")
    for action, state in (("pause", "paused"), ("resume", "queued"), ("stop", "stopped"), ("delete", "stopped")):
        assert main(["runs", action, run_id]) == 0
        assert store.run(run_id).state == state
    assert store.runs() == []
    assert main(["runs", "bring-back", run_id]) == 0
    assert len(store.runs()) == 1
    assert main(["runs", "delete", run_id]) == 0
    assert main(["runs", "compact"]) == 0
    assert main(["runs", "stop", run_id]) == 2


def test_the_owner_of_the_folder_may_change_every_run(store, tmp_path):
    (tmp_path / "settings.toml").write_text('teacher_token = "white chalk"\n')
    first, second = submit(store, "one"), submit(store, "two")
    assert main(["runs", "first", second]) == 0
    assert store.queue() == [second, first]
    assert main(["runs", "stop", first]) == 0
    assert store.run(first).state == "stopped"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["resume", "{}"], "The run is queued: only a paused"),
        (["fork", "{}", "--epoch", "1"], "There is no checkpoint of epoch 1: no checkpoint of this run is kept."),
        (["fork", "{}", "--epoch", "1", "--set", "learning_rate=x"], "`learning_rate` must be a number"),
        (["fork", "{}", "--epoch", "3"], "more than the 3 that are done"),
        (["log", "nobody"], "There is no run 'nobody' here"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(store, capsys, arguments, sentence):
    run_id = submit(store, "one")
    assert main(["runs", *(text.format(run_id) for text in arguments)]) == 2
    assert sentence in capsys.readouterr().err


EVIL = "=cmd() \x1b]0;owned\x07\x9b31m \u202e red"


def test_no_terminal_and_no_spreadsheet_obeys_a_name(store, capsys):
    run_id = submit(store, EVIL)
    pen = Recorder(store.database, store.folder, run_id)
    assert pen.begin()
    pen.write(
        EpochEnd(
            epoch=1, step=2, train_loss=1.5, train_accuracy=0.25, test_loss=1.25, test_accuracy=0.5, seconds=2.0,
            is_best=True,
        )
    )  # fmt: skip
    pen.end("failed", Sentence("The images {name} are damaged.", name=EVIL))
    run_folder(store.folder, run_id).mkdir()
    (run_folder(store.folder, run_id) / "log.txt").write_text(f"one\n{EVIL}\n", encoding="utf-8")
    commands = (["list"], ["list", "--json"], ["csv", run_id], ["log", run_id], ["stop", EVIL])
    for command in commands:
        assert main(["runs", *command]) == (2 if EVIL in command else 0)
        printed = capsys.readouterr()
        told = printed.out + printed.err
        assert "cmd()" in told
        assert not [sign for sign in told if sign != "\n" and unicodedata.category(sign) in ("Cc", "Cf")]
        if command[0] == "csv":
            assert "\n" + run_id + ",'=cmd() " in told
        if command == ["list", "--json"]:
            assert json.loads(told)[0]["name"] == EVIL


def test_why_a_run_ended_is_listed_with_it(store, capsys):
    run_id = submit(store, "one")
    assert Recorder(store.database, store.folder, run_id).begin()
    Recorder(store.database, store.folder, run_id).end("failed", Sentence("The checkpoint is damaged."))
    assert main(["runs", "list"]) == 0
    run, sentence = capsys.readouterr().out.splitlines()
    assert run.split()[:2] == [run_id, "failed"]
    assert sentence.split(maxsplit=0) == ["The checkpoint is damaged."]


def test_a_run_is_deleted_while_it_trains(store, monkeypatch):
    run_id = submit(store, "one")
    pen = Recorder(store.database, store.folder, run_id)
    assert pen.begin()
    monkeypatch.setattr("cnnlab.runs.store.recorder.is_held", lambda _: True)  # as if a worker carried it out
    assert main(["runs", "delete", run_id]) == 0
    assert pen.request() == "stop"
    assert main(["runs", "compact"]) == 0
    assert store.run(run_id).state == "running", "it is forgotten only when it has ended"


@pytest.mark.usefixtures("store")
def test_the_settings_file_is_printed(capsys):
    assert main(["runs", "settings"]) == 0
    assert "# max_epochs = 1000" in capsys.readouterr().out


def test_event_files_are_written_where_they_are_wanted(store, capsys, tmp_path):
    run_id = submit(store, "one")
    assert main(["runs", "tensorboard", run_id, "--to", str(tmp_path / "board")]) == 0
    (folder,) = (tmp_path / "board").iterdir()
    assert capsys.readouterr().out == f"{folder}\n"
    assert folder.name == f"one-{run_id}"


@pytest.mark.parametrize("action", ["stop", "pause"])
def test_what_has_ended_can_be_neither_stopped_nor_paused(store, capsys, action):
    states = {"done": "is done, so there is nothing to", "failed": "has ended already (it is failed)"}
    for state, why in states.items():
        run_id = submit(store, state)
        assert Recorder(store.database, store.folder, run_id).begin()
        if state == "failed":
            Recorder(store.database, store.folder, run_id).end("failed", Sentence("It failed."))
        else:
            store.change(run_id, state=state)
        before = store.run(run_id)
        assert main(["runs", action, run_id]) == 2
        assert f"Run {run_id} {why}" in capsys.readouterr().err
        assert store.run(run_id) == before
        with pytest.raises(NotPossible, match="nothing to"):
            store.request_stop(run_id)
    stopped = submit(store, "stopped")
    assert main(["runs", "stop", stopped]) == 0
    assert main(["runs", action, stopped]) == 2
    assert "has ended already (it is stopped)" in capsys.readouterr().err
    assert main(["runs", "first", stopped]) == 2
    assert "is stopped: only a queued run can be moved" in capsys.readouterr().err


def test_what_is_deleted_is_not_deleted_again_nor_what_is_there_restored(store, capsys):
    run_id = submit(store, "one")
    assert main(["runs", "bring-back", run_id]) == 2
    assert main(["runs", "delete", run_id]) == 0
    assert main(["runs", "delete", run_id]) == 2
    said = capsys.readouterr().err
    assert f"Run {run_id} is not deleted: there is nothing to restore." in said
    assert f"Run {run_id} is deleted already: `compact` deletes it permanently" in said


def test_a_done_run_is_not_resumed_but_may_be_forked(store, capsys):
    run_id = submit(store, "one")
    store.change(run_id, state="done")
    assert main(["runs", "resume", run_id]) == 2
    assert "can be resumed. Fork it to train it further." in capsys.readouterr().err
