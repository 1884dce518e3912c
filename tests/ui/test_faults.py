"""Every page with everything that can be wrong below it: a sentence with the cause and the remedy, and no traceback."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import streamlit as st
from _pytest.mark import ParameterSet
from streamlit.testing.v1 import AppTest

from cnnlab.architectures import preset
from cnnlab.data import load
from cnnlab.runs import open_store
from cnnlab.runs.store import rows
from cnnlab.runs.store.files import run_folder
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import EpochEnd, Finished, Recipe, Started, Steps
from cnnlab.ui.state.comparison_link import ComparedNetwork, write_network
from cnnlab.ui.state.store import run_store
from tests.ui.conftest import MAIN, act_as_somebody, start_no_scheduler
from tests.ui.faults import FAULTS, PASSWORD, Fault, Room

SPEC = preset("lenet5_tutorial")


def _open(name: str, **parameters: str | list[str]) -> AppTest:
    test = AppTest.from_file(MAIN, default_timeout=60)
    test.switch_page(f"../../pages/{name}.py")
    for parameter, value in parameters.items():
        test.query_params[parameter] = value
    return test.run()


def _own_images(_: Room, fault: Fault) -> AppTest:
    test = _open("train", dataset=fault.dataset)
    if "train.own" in {button.key for button in test.button}:
        test.button("train.own").click().run()
    return test


PAGES: dict[str, Callable[[Room, Fault], AppTest]] = {
    "explore": lambda _, __: _open("explore", preset="lenet5_tutorial"),
    "compare": lambda room, _: _open("compare", net=["alexnet", write_network(ComparedNetwork(SPEC, room.run_id))]),
    "convolution": lambda _, __: _open("convolution"),
    "train": lambda room, fault: _open("train", run=room.run_id, dataset=fault.dataset),
    "runs": lambda room, _: _open("runs", run=f"{room.run_id},{room.queued_id}"),
    "inside": lambda room, _: _open("inside", run=room.run_id, epoch="1"),
    "own images": _own_images,
}
"""Every page, opened at the finished run where it shows one."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A folder with a run that has ended and one that is queued, to be copied."""
    home = tmp_path_factory.mktemp("template")
    store = open_store(home)
    recipe = Recipe(dataset="digits", epochs=1)
    run = store.submit(SPEC, recipe, name="finished", owner="somebody")
    queued = store.submit(SPEC, recipe, name="waiting", owner="somebody")
    recorder = Recorder(store.database, home, run.id)
    assert recorder.begin()
    recorder.write(
        Started(device="cpu", num_params=9, steps_per_epoch=2, total_steps=2, num_train=64, num_test=8, notes=())
    )
    steps = Steps(
        first_step=1, losses=(2.3, 2.0), accuracies=(0.1, 0.2), learning_rate=0.1, examples_per_second=9.0, seconds=1.0
    )
    recorder.write(steps)
    end = EpochEnd(
        epoch=1,
        step=2,
        train_loss=2.1,
        train_accuracy=0.2,
        test_loss=2.0,
        test_accuracy=0.3,
        seconds=2.0,
        is_best=True,
    )
    recorder.write(end)
    ended = Finished(
        state="done",
        test_accuracy=0.3,
        best_test_accuracy=0.3,
        best_epoch=1,
        examples_per_second=9.0,
        device="cpu",
        seconds=2.0,
    )
    recorder.write(ended)
    own = run_folder(home, run.id)
    own.mkdir(parents=True)
    for name in ("best", "last", "checkpoint", "epoch-1"):
        (own / f"{name}.safetensors").write_bytes(b"weights")
    (own / "log.txt").write_text("A log.")
    store.close()
    return home, run.id, queued.id


@pytest.fixture
def room(template: tuple[Path, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """A server's folder of its own; the server has not started."""
    source, run_id, queued_id = template
    home = tmp_path / "home"
    shutil.copytree(source, home)
    monkeypatch.setenv("CNNLAB_HOME", str(home))
    monkeypatch.delenv("CNNLAB_DATA", raising=False)
    monkeypatch.setattr("cnnlab.runs.store.database.BUSY_SECONDS", 0.1)
    act_as_somebody(monkeypatch)
    _forget()
    yield Room(home, run_id, queued_id, monkeypatch)
    with suppress(ValueError):
        run_store().close()
    run_store.clear()


def _forget() -> None:
    """What a server remembers."""
    run_store.clear()
    st.cache_data.clear()
    load.cache_clear()
    rows._spec_from.cache_clear()
    rows._recipe_from.cache_clear()


def _texts(test: AppTest) -> list[str]:
    """All that is written on the page, as it is read there."""
    elements = (*test.error, *test.warning, *test.info, *test.caption, *test.markdown, *test.code)
    return [re.sub(r"\\([^\w\s]|_)", r"\1", str(element.value)) for element in elements]


def _check(test: AppTest, name: str, fault: Fault, caplog: pytest.LogCaptureFixture) -> None:
    assert not test.exception  # what it was is in the output
    texts = _texts(test)
    if fault.cause and name in fault.pages:
        sentence = re.compile(rf"(?s)({fault.cause}).*({fault.remedy})")
        assert any(map(sentence.search, texts)), texts
    if fault.kind == "run" and name in ("train", "runs"):
        listed = [name for table in test.dataframe for name in table.value.get("name", ())]
        assert "waiting" in listed  # nothing hides another run
    assert not any("Traceback" in text for text in (*texts, caplog.text))
    assert not any(PASSWORD in text for text in (*texts, caplog.text))


def _cases(*, late: bool) -> list[ParameterSet]:
    """Each fault on a page that shows it, the first of a kind on every page; each on all others in the sweep."""
    return list(_all_cases(late=late))


def _all_cases(*, late: bool) -> Iterator[ParameterSet]:
    for number, fault in enumerate(FAULTS):
        if not (fault.is_seen_late if late else not fault.only_late):
            continue
        is_first = next(other for other in FAULTS if other.kind == fault.kind) is fault
        shows = fault.pages if not late or fault.late_pages is None else fault.late_pages
        showing = [name for name in PAGES if name in shows]
        for name in PAGES:
            if name in shows or (is_first and not late):
                # Which of the pages is opened in the usual tests goes round.
                is_usual = is_first or name == showing[number % len(showing)]
                marks = [] if is_usual else [pytest.mark.sweep]
                yield pytest.param(name, fault, id=f"{name}: {fault.name}", marks=marks)


@pytest.mark.parametrize(("name", "fault"), _cases(late=False))
def test_a_page_that_is_opened(name: str, fault: Fault, room: Room, caplog: pytest.LogCaptureFixture) -> None:
    if not fault.starts_scheduler:
        start_no_scheduler(room.monkeypatch)
    with fault.occurring(room):
        _check(PAGES[name](room, fault), name, fault, caplog)


@pytest.mark.parametrize(("name", "fault"), _cases(late=True))
def test_a_page_that_is_open(name: str, fault: Fault, room: Room, caplog: pytest.LogCaptureFixture) -> None:
    start_no_scheduler(room.monkeypatch)
    test = PAGES[name](room, fault)
    assert not test.exception
    with fault.occurring(room):
        _check(test.run(), name, fault, caplog)
        for button in ("train.start", "runs.stop", "runs.delete", "runs.keep", "runs.fork.start", "compare.add_run"):
            if any(known.key == button and not known.disabled for known in test.button):
                test.button(button).click().run()
                assert not test.exception
