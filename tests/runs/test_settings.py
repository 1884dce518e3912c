import re
import tomllib

import pytest

from cnnlab.runs import NotPossible, StoreUnavailable, open_store
from cnnlab.runs.machine import Gpu
from cnnlab.runs.permissions import check_may_change, is_teacher, may_change
from cnnlab.runs.scheduling.capacity import Asks, Places, may_start
from cnnlab.runs.settings import Settings, documented, read_settings, settings_file
from cnnlab.runs.store.files import run_folder
from cnnlab.runs.store.queue import USUAL_SECONDS, expected_wait, wait_of
from cnnlab.spec import Refused
from cnnlab.training import Recipe
from tests.runs.conftest import SPEC


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path)
    yield store
    store.close()


def submit(store, owner="ann", **recipe):
    return store.submit(SPEC, Recipe(dataset="digits", **recipe), name="", owner=owner)


def set_to(store, **values):
    settings_file(store.folder).write_text(documented(Settings(**values)))


def test_the_documented_file_says_all_and_is_read_back(tmp_path):
    settings = Settings(max_epochs=7, teacher_token='a "quoted" \\ token', max_minutes=1.5)
    settings_file(tmp_path).write_text(documented(settings), encoding="utf-8")
    assert read_settings(tmp_path) == settings
    usual = documented(Settings())
    assert tomllib.loads(usual) == {}
    assert tomllib.loads(re.sub(r"^# (\w+ = )", r"\1", usual, flags=re.MULTILINE)) == Settings().values
    assert all(setting.help in usual for setting in Settings.settings().values())


def test_without_a_file_everything_is_usual(tmp_path):
    assert read_settings(tmp_path) == Settings()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("max_epochs = 0", "`max_epochs` must be at least 1, and it is 0"),
        ("max_epoch = 3", "max_epoch"),
        ("max_epochs = ", "cannot be read"),
        ("\0", "cannot be read"),
    ],
)
def test_a_mistake_in_the_file_is_a_sentence(tmp_path, text, sentence):
    settings_file(tmp_path).write_text(text)
    with pytest.raises(Refused, match=re.escape(str(settings_file(tmp_path)))) as caught:
        read_settings(tmp_path)
    assert sentence in str(caught.value)
    with pytest.raises(StoreUnavailable, match=re.escape(sentence)):
        open_store(tmp_path)


def test_a_database_that_cannot_be_is_a_sentence(tmp_path):
    settings_file(tmp_path).write_text('database = "nonsense"\n')
    with pytest.raises(StoreUnavailable, match="The setting `database` is no address that can be used"):
        open_store(tmp_path)


def test_each_limit_is_a_sentence(store):
    set_to(store, max_epochs=5)
    with pytest.raises(Refused, match="`epochs` must be at most 5 on this machine, and it is 6"):
        submit(store, epochs=6)
    set_to(store, max_params=1000)
    with pytest.raises(Refused, match="may have 1,000 parameters on this machine, and this one has 44,426"):
        submit(store)
    set_to(store, waiting_per_owner=2)
    first = submit(store)
    submit(store)
    with pytest.raises(Refused, match="2 of your runs wait, and at most 2 may"):
        submit(store)
    assert submit(store, owner="bob").state == "queued"
    store.request_pause(first.id)
    submit(store)
    with pytest.raises(Refused, match="2 of your runs wait"):
        store.resume(first.id)


def test_the_room_of_a_person_ends(store):
    set_to(store, stored_megabytes_per_owner=1)
    run = submit(store)
    own = run_folder(store.folder, run.id)
    own.mkdir()
    (own / "last.safetensors").write_bytes(bytes(600_000))
    (own / "again").hardlink_to(own / "last.safetensors")
    submit(store)  # what has two names takes room once
    (own / "other").write_bytes(bytes(600_000))
    with pytest.raises(Refused, match="Your runs take 1 MB, and 1 MB are yours: delete some"):
        submit(store)
    assert submit(store, owner="bob").state == "queued"


def test_only_the_owner_and_the_teacher_change_a_run(store):
    run = submit(store)
    free, guarded = Settings(), Settings(teacher_token="chalk")
    assert may_change(run, free, owner="bob")
    assert may_change(run, guarded, owner="ann")
    assert not may_change(run, guarded, owner="bob")
    assert may_change(run, guarded, owner="bob", token="chalk")
    assert not is_teacher(free, "")
    assert not is_teacher(guarded, "chälk")
    with pytest.raises(NotPossible, match="somebody else's"):
        check_may_change(run, guarded, owner="bob")


def test_who_goes_first_goes_before_all_turns(store):
    a, b, c = (submit(store, owner).id for owner in ("ann", "bob", "ann"))
    store.go_first(c)
    assert store.queue() == [c, a, b]
    store.go_first(b)
    assert store.queue() == [b, c, a]


def asks(name, owner="ann", device="auto", gigabytes=1):
    return Asks(name, owner, device, gigabytes * 2**30)


def test_a_gpu_takes_what_its_memory_is_forecast_to_hold():
    places = Places(cpu=1, gpus=[Gpu("cuda:0", 10 * 2**30), Gpu("cuda:1", 10 * 2**30)], per_gpu=3, per_owner=99)
    assert may_start([asks("large", gigabytes=99)], [], places) == ["large"]  # alone it may try
    assert may_start([asks("a", gigabytes=6), asks("b", gigabytes=4), asks("c", gigabytes=1)], [], places) == ["a"]
    assert may_start([asks("a", gigabytes=6), asks("b", gigabytes=3)], [], places) == ["a", "b"]
    assert may_start([asks(name) for name in "abcd"], [], places) == ["a", "b", "c"]
    # One that has no room keeps its place on its device, and others go by on other devices.
    waiting = [asks("a", gigabytes=9), asks("b"), asks("c", device="cuda:1"), asks("d", device="cpu")]
    assert may_start(waiting, [asks("x")], places) == ["c", "d"]


def test_without_a_gpu_everything_is_for_the_cpu():
    places = Places(cpu=2, gpus=[], per_gpu=3, per_owner=99)
    assert may_start([asks("a"), asks("b", device="cuda:9"), asks("c", device="cpu")], [], places) == ["a", "b"]
    assert may_start([asks("a")], [asks("x"), asks("y")], places) == []


def test_one_person_has_only_so_many_at_once():
    places = Places(cpu=4, gpus=[], per_gpu=1, per_owner=2)
    waiting = [asks("a"), asks("b"), asks("c", "bob")]
    assert may_start(waiting, [asks("x")], places) == ["a", "c"]


def test_the_wait_is_what_those_before_will_probably_take(store):
    assert expected_wait([], 0, [], 2) == 0
    assert expected_wait([None, 10.0], 0, [], 2) == 10
    assert expected_wait([None], 1, [], 1) == 2 * USUAL_SECONDS
    assert expected_wait([5.0, 7.0, 9.0], 0, [], 1) == 9  # more are running than may by now
    assert expected_wait([4.0, 8.0], 3, [10.0, 20.0, 30.0], 2) == 28
    set_to(store, runs_at_once=1)
    first, second = submit(store), submit(store)
    assert wait_of(store, first.id) == 0
    assert wait_of(store, second.id) == USUAL_SECONDS
