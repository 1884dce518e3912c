import dataclasses
import re
import tomllib
import traceback

import pytest

from cnnlab.architectures import preset
from cnnlab.runs import StoreUnavailable, open_store
from cnnlab.runs.machine import Gpu
from cnnlab.runs.permissions import Requester, is_teacher
from cnnlab.runs.run import WrongSettings
from cnnlab.runs.scheduling.capacity import Capacity, Demand, may_start
from cnnlab.runs.settings import Settings, documented, read_settings, settings_file
from cnnlab.runs.store.files import run_folder
from cnnlab.runs.store.queue import DEFAULT_SECONDS, expected_wait, wait_of
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


HIDDEN = "hunter2secret"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (HIDDEN, "is not a usable URL: use one such as"),
        (f"postgresql://me:{HIDDEN}/lab@host:port/cnnlab", "is not a usable URL: use one such as"),
        (f"postgresql://me:{HIDDEN}", "is not a usable URL: use one such as"),
        (f"postgresql+psycopg://me:{HIDDEN}@host:port/cnnlab", "is not a usable URL: use one such as"),
        (f"oracel://me:{HIDDEN}@host/cnnlab", "SQLAlchemy has no database of that kind"),
        (f"mysql+cymysql://me:{HIDDEN}@host/cnnlab", "its driver cymysql is not installed"),
        (f"postgresql+psycopg://me:{HIDDEN}@127.0.0.1:1/cnnlab", "cannot be used (connection failed"),
        (f"postgresql+psycopg://me:x@{HIDDEN}@127.0.0.1:1/cnnlab", "repeats a part of the password"),
        (f"postgresql+psycopg://me@127.0.0.1:1/cnnlab?{HIDDEN}", "cannot be used"),
    ],
)
def test_a_database_that_cannot_be_is_a_sentence_without_its_password(tmp_path, url, sentence, caplog):
    if "psycopg:" in url:
        pytest.importorskip("psycopg", reason="There is no driver for PostgreSQL: install psycopg.")
    settings_file(tmp_path).write_text(documented(Settings(database=url)))
    with pytest.raises(StoreUnavailable, match="setting `database`") as caught:
        open_store(tmp_path)
    assert sentence in str(caught.value)
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert HIDDEN not in told


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("teacher_token = 31415926", "`teacher_token` must be text: write it between quotation marks."),
        ("teacher_token = [31415926]", "`teacher_token` must be text"),
        ("teacher_token = 1979-05-27", "`teacher_token` must be text"),
        ("[teacher_token]\nx = 31415926", "`teacher_token` must be text"),
        ("database = 31415926", "`database` must be text"),
        ("teacher_token = 31415926z", "cannot be read"),
        ('teacher_token = "314159"', "`teacher_token` must have at least 8 characters, and it has 6"),
        ('teacher_token = "        "', "`teacher_token` must have at least 8 characters, and it has 0"),
        ("self = 1", "`self` is not a knob of the settings file"),
        ("x = " + "[" * 10_000, "cannot be read"),
        ("max_epochs = " + "9" * 5000, "cannot be read"),
    ],
)
def test_no_sentence_repeats_a_token_and_visitors_hear_only_that_there_is_a_mistake(tmp_path, text, sentence, caplog):
    store = open_store(tmp_path)
    settings_file(tmp_path).write_text(text)
    with pytest.raises(WrongSettings, match=re.escape(sentence)) as caught:
        store.settings()
    with pytest.raises(WrongSettings, match="The settings of this server cannot be used") as heard:
        store.acting_for(Requester(owner="ann")).settings()
    assert "31415" not in str(caught.value) + str(heard.value) + caplog.text
    assert sentence in caplog.text, "the log says what is wrong"
    assert str(tmp_path) not in str(heard.value)
    store.close()


def test_no_secret_is_printed_with_all_settings():
    settings = Settings(teacher_token=HIDDEN, database=f"sqlite:///{HIDDEN}")
    assert HIDDEN not in f"{settings} {settings!r} {Requester(token=HIDDEN)}"


def test_each_limit_is_a_sentence(store):
    set_to(store, max_epochs=5)
    with pytest.raises(Refused, match="`epochs` must be at most 5 on this machine, and it is 6"):
        submit(store, epochs=6)
    set_to(store, max_params=1000)
    with pytest.raises(Refused, match="at most 1\u202f000 parameters on this machine, and this one has 44\u202f426"):
        submit(store)
    set_to(store, waiting_per_owner=2)
    first = submit(store)
    submit(store)
    with pytest.raises(Refused, match="You have 2 queued runs, and the limit is 2"):
        submit(store)
    assert submit(store, owner="bob").state == "queued"
    store.request_pause(first.id)
    submit(store)
    with pytest.raises(Refused, match="You have 2 queued runs"):
        store.resume(first.id)


def test_seeds_are_submitted_together_or_not_at_all(store):
    set_to(store, waiting_per_owner=4)
    recipe, spec = Recipe(dataset="digits"), preset("lenet5_tutorial")
    with pytest.raises(Refused, match="None of the 5 runs was submitted: you have 0 queued runs, and the limit is 4"):
        store.submit_seeds(spec, recipe, 5, owner="ann")
    assert store.runs() == []
    with pytest.raises(Refused, match="`seed`"):
        store.submit_seeds(spec, recipe.replace(seed=2**31 - 2), 3, owner="ann")
    assert store.runs() == []
    group = store.submit_seeds(spec, recipe, 3, owner="ann")
    assert [(run.name, run.recipe.seed) for run in group] == [(f"lenet5_tutorial, seed {i}", i) for i in range(3)]
    assert len({run.group for run in group}) == 1
    with pytest.raises(Refused, match="Use at most 1 seeds"):
        store.submit_seeds(spec, recipe, 2, owner="ann")
    assert store.submit_seeds(spec, recipe, 1, owner="ann")[0].group is None


def test_the_room_of_a_person_ends(store):
    set_to(store, stored_megabytes_per_owner=1)
    run = submit(store)
    own = run_folder(store.folder, run.id)
    own.mkdir()
    (own / "last.safetensors").write_bytes(bytes(600_000))
    (own / "again").hardlink_to(own / "last.safetensors")
    submit(store)  # what has two names takes room once
    (own / "other").write_bytes(bytes(600_000))
    with pytest.raises(Refused, match="Your runs use 1 MB of disk space, and the limit is 1 MB: delete some"):
        submit(store)
    assert submit(store, owner="bob").state == "queued"


def test_a_token_is_the_teacher_s_only_where_there_is_one():
    assert is_teacher(Settings(teacher_token="white chalk"), "white chalk")
    assert not is_teacher(Settings(), "")
    assert not is_teacher(Settings(teacher_token="white chalk"), "chälk")


def test_who_goes_first_goes_before_all_turns(store):
    a, b, c = (submit(store, owner).id for owner in ("ann", "bob", "ann"))
    store.go_first(c)
    assert store.queue() == [c, a, b]
    store.go_first(b)
    assert store.queue() == [b, c, a]


def demand(name, owner="ann", device="auto", gigabytes=1):
    return Demand(name, owner, device, gigabytes * 2**30)


def test_a_gpu_takes_what_its_memory_is_forecast_to_hold():
    capacity = Capacity(cpu=1, gpus=[Gpu("cuda:0", 10 * 2**30), Gpu("cuda:1", 10 * 2**30)], per_gpu=3, per_owner=99)
    assert may_start([demand("large", gigabytes=99)], [], capacity) == ["large"]  # alone it may try
    assert may_start([demand("a", gigabytes=6), demand("b", gigabytes=4), demand("c", gigabytes=1)], [], capacity) == [
        "a"
    ]
    # Each process takes a little besides.
    assert may_start([demand("a", gigabytes=6), demand("b", gigabytes=2)], [], capacity) == ["a"]
    assert may_start([demand("a", gigabytes=6), demand("b", gigabytes=1)], [], capacity) == ["a", "b"]
    assert may_start([demand(name) for name in "abcd"], [], capacity) == ["a", "b", "c"]
    # One that has no room keeps its place on its device, and others go by on other devices.
    waiting = [demand("a", gigabytes=9), demand("b"), demand("c", device="cuda:1"), demand("d", device="cpu")]
    assert may_start(waiting, [demand("x")], capacity) == ["c", "d"]


def test_without_a_gpu_everything_is_for_the_cpu():
    capacity = Capacity(cpu=2, gpus=[], per_gpu=3, per_owner=99)
    assert may_start([demand("a"), demand("b", device="cuda:9"), demand("c", device="cpu")], [], capacity) == ["a", "b"]
    assert may_start([demand("a")], [demand("x"), demand("y")], capacity) == []


@pytest.mark.parametrize(("cpu", "expected"), [(1, 1), (2, 1), (3, 1), (4, 2), (16, 8)])
def test_without_a_setting_one_person_leaves_half_of_the_cores_to_others(cpu, expected):
    capacity = Capacity(cpu=cpu, gpus=[], per_gpu=4, per_owner=Settings().running_per_owner)
    assert len(may_start([demand(f"{i}") for i in range(20)], [], capacity)) == expected
    waiting = [*(demand(f"a{i}") for i in range(20)), demand("b", "bob")]
    assert ("b" in may_start(waiting, [], capacity)) == (cpu > 1)


def test_without_a_setting_one_person_leaves_half_of_each_gpu_to_others():
    capacity = Capacity(cpu=2, gpus=[Gpu("cuda:0", 10 * 2**30)], per_gpu=4, per_owner=0)
    waiting = [*(demand(f"a{i}") for i in range(9)), demand("c", device="cpu"), demand("d", device="cpu")]
    assert may_start([*waiting, demand("b", "bob")], [], capacity) == ["a0", "a1", "c", "b"]


def test_the_main_memory_is_shared_by_forecast_as_a_gpu_s():
    capacity = Capacity(cpu=8, cpu_bytes=24 * 2**30, gpus=[], per_gpu=3, per_owner=99)
    waiting = [demand(name, gigabytes=10) for name in "abcdefgh"]
    assert may_start(waiting, [], capacity) == ["a", "b"]
    assert may_start(waiting, [demand("x", gigabytes=10)], capacity) == ["a"]
    # Alone, a run may try what its process refuses with a sentence; it does not wait for ever.
    assert may_start([demand("large", gigabytes=99)], [], capacity) == ["large"]
    # Where the system does not report its memory, the cores count.
    assert len(may_start(waiting, [], dataclasses.replace(capacity, cpu_bytes=None))) == 8


def test_one_person_has_only_so_many_at_once():
    capacity = Capacity(cpu=4, gpus=[], per_gpu=1, per_owner=2)
    waiting = [demand("a"), demand("b"), demand("c", "bob")]
    assert may_start(waiting, [demand("x")], capacity) == ["a", "c"]


def test_the_wait_is_what_those_before_will_probably_take(store):
    assert expected_wait([], 0, [], 2) == 0
    assert expected_wait([None, 10.0], 0, [], 2) == 10
    assert expected_wait([None], 1, [], 1) == 2 * DEFAULT_SECONDS
    assert expected_wait([5.0, 7.0, 9.0], 0, [], 1) == 9  # more are running than may by now
    assert expected_wait([4.0, 8.0], 3, [10.0, 20.0, 30.0], 2) == 28
    set_to(store, runs_at_once=1)
    first, second = submit(store), submit(store)
    assert wait_of(store, first.id) == 0
    assert wait_of(store, second.id) == DEFAULT_SECONDS
