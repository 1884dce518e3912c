"""What the scheduler starts by the settings: a cap for all, one for each person, turns, and who goes first."""

from types import SimpleNamespace

import pytest

from cnnlab.runs import open_store
from cnnlab.runs.scheduling.scheduler import Scheduler
from cnnlab.runs.store.files import run_folder
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import Recipe
from cnnlab.words.sentence import Sentence
from tests.runs.conftest import SPEC


class Child:
    """A worker that has not come so far that it would begin its run."""

    exitcode = None
    pid = None

    def __init__(self, run_id, started):
        self._run_id, self._started = run_id, started

    def start(self):
        self._started.append(self._run_id)


class Context:
    """How workers would be started; `started` are the runs that one was started for."""

    def __init__(self):
        self.started = []

    def Process(self, *, args, **_):  # noqa: N802, the name of multiprocessing
        _folder, run_id, _threads = args
        return Child(run_id, self.started)


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path)
    yield store
    store.close()


@pytest.fixture
def scheduler(store, monkeypatch):
    context = Context()
    monkeypatch.setattr("cnnlab.runs.scheduling.scheduler._context", lambda: context)
    scheduler = Scheduler(store, cores=4, gpus=[])
    scheduler.started = context.started
    return scheduler


def submit(store, *owners):
    return [store.submit(SPEC, Recipe(dataset="digits"), name="", owner=owner).id for owner in owners]


def set_to(store, text):
    (store.folder / "settings.toml").write_text(text)


def test_each_person_has_so_many_at_once_and_the_others_go_by(store, scheduler):
    set_to(store, "running_per_owner = 1\n")
    a1, _a2, _a3, b1, c1 = submit(store, "ann", "ann", "ann", "bob", "cem")
    assert scheduler.update()
    assert scheduler.started == [a1, b1, c1]
    scheduler.update()
    assert scheduler.started == [a1, b1, c1], "those that were started and have not begun yet count"


def test_so_many_run_at_once_and_a_new_setting_holds_at_once(store, scheduler):
    set_to(store, "runs_at_once = 1\n")
    ids = submit(store, "ann", "ann", "bob")
    scheduler.update()
    assert scheduler.started == [ids[0]]
    set_to(store, "runs_at_once = many\n")  # a mistake: what was read before holds on
    scheduler.update()
    assert scheduler.started == [ids[0]]
    set_to(store, "runs_at_once = 2\n")
    scheduler.update()
    assert scheduler.started == [ids[0], ids[2]], "one of each"
    set_to(store, "")
    scheduler.update()
    assert scheduler.started == [ids[0], ids[2], ids[1]], "four cores: two for one person"


def test_who_goes_first_starts_before_those_whose_turn_it_is_and_does_so_once(store, scheduler):
    set_to(store, "runs_at_once = 1\n")
    a1, b1, b2 = submit(store, "ann", "bob", "bob")
    store.go_first(b2)
    scheduler.update()
    assert scheduler.started == [b2]
    assert Recorder(store.database, store.folder, b2).begin()
    # Paused and resumed it waits as any other: bob has had a turn, ann has not.
    Recorder(store.database, store.folder, b2).end("interrupted", Sentence(""))
    store.resume(b2)
    assert store.queue() == [a1, b1, b2]


@pytest.mark.parametrize(("exit_code", "state"), [(-9, "interrupted"), (1, "failed")])
def test_a_worker_that_ends_before_its_run_begins(store, scheduler, exit_code, state):
    (run_id,) = submit(store, "ann")
    scheduler.update()
    run_folder(store.folder, run_id).mkdir(parents=True)
    (run_folder(store.folder, run_id) / "last.safetensors.partial").write_bytes(b"half")
    scheduler._children[run_id] = SimpleNamespace(exitcode=exit_code, close=lambda: None)
    scheduler._start_numbers[run_id] = 0
    scheduler.update()
    run = store.run(run_id)
    assert run.state == state
    assert run.resumable
    if state == "interrupted":
        assert run.sentence.startswith("Its process died before its first step")
        assert list(run_folder(store.folder, run_id).iterdir()) == []


def test_many_submit_and_everybody_comes_in_turn(store, scheduler):
    set_to(store, "runs_at_once = 1\n")
    submit(store, *["ann"] * 30)
    others = submit(store, "bob", "cem")
    order = []
    while store.queue():
        scheduler.update()
        run_id = scheduler.started[-1]
        order.append(run_id)
        assert Recorder(store.database, store.folder, run_id).begin()
        Recorder(store.database, store.folder, run_id).end("failed", Sentence(""))
        scheduler._children.clear()
    assert len(order) == 32
    assert set(order[1:3]) == set(others), "who asked for thirty runs keeps nobody waiting for more than one"


@pytest.mark.parametrize("recipe", ["", "{", "null", "[]", "{}", "7"])
def test_a_damaged_run_keeps_no_other_from_starting(store, scheduler, recipe):
    damaged, whole = submit(store, "ann", "bob")
    store.change(damaged, recipe=recipe)
    scheduler.update()
    assert scheduler.started == [damaged, whole], "the worker of the damaged one refuses it"
