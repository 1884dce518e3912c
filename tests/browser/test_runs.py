"""The Runs page in Chromium: runs over each other, what people write, a run that is watched, stopped and forked."""

import csv
import io
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cnnlab.architectures import preset
from cnnlab.runs import Store, ensure_scheduler, open_store
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import EpochEnd, Finished, Recipe, Started, Steps
from tests.browser.conftest import FROM_CHECKOUT, ROOT, App, act_as, no_traceback, settle

pytestmark = pytest.mark.browser

PATIENCE_SECONDS = 120
EVIL = "<img src=x onerror=alert(1)> **bold** [l](javascript:alert(2))"

TRACES = """(measure) => (document.querySelector(`.st-key-runs-${measure} .live-chart`)?._fullData ?? [])
    .map((trace) => ({ name: trace.name, y: [...trace.y] }))"""
AXIS = "() => document.querySelector('.st-key-runs-loss .live-chart')?._fullLayout?.xaxis.title.text"
LAST_STEP = "() => document.querySelector('.st-key-runs-learning_rate .live-chart')?._fullData?.[0].x.at(-1) ?? 0"


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"It did not happen within {PATIENCE_SECONDS} s."
        time.sleep(0.05)


@pytest.fixture
def store(app: App) -> Iterator[Store]:
    store = open_store(app.home)
    yield store
    store.close()


def written(store: Store, name: str, accuracy: float, **recipe: object) -> str:
    """A run that has ended, as its worker would have written it down."""
    asked = Recipe(dataset="digits", epochs=1).replace(**recipe)
    run_id = store.submit(preset("lenet5_tutorial"), asked, name=name, owner="somebody").id
    pen = Recorder(store.database, store.folder, run_id)
    assert pen.begin()
    pen.write(Started(device="cpu", num_params=1, steps_per_epoch=3, total_steps=3, num_train=9, num_test=3, notes=()))
    pen.write(
        Steps(
            first_step=1,
            losses=(2.0, 1.5, 1.0),
            accuracies=(0.1, 0.5, accuracy),
            learning_rate=0.25,
            examples_per_second=99.0,
            seconds=1.0,
        )
    )
    pen.write(
        EpochEnd(
            epoch=1,
            step=3,
            train_loss=1.5,
            train_accuracy=0.5,
            test_loss=0.75,
            test_accuracy=accuracy,
            seconds=1.5,
            is_best=True,
        )
    )
    pen.write(
        Finished(
            state="done",
            test_accuracy=accuracy,
            best_test_accuracy=accuracy,
            best_epoch=1,
            examples_per_second=99.0,
            device="cpu",
            seconds=1.5,
        )
    )
    return run_id


def open_runs(page: Page, app: App, *run_ids: str) -> None:
    page.goto(f"{app.url}/runs?run={','.join(run_ids)}")
    settle(page)
    wait_until(lambda: len(page.evaluate(TRACES, "loss")) > 0)


def test_runs_are_laid_over_each_other_taken_away_and_deleted(
    page: Page, app: App, store: Store, tmp_path: Path
) -> None:
    act_as(page, app, "somebody")
    first, second = written(store, "plain", 0.625), written(store, "another", 0.75, seed=1, batch_size=64)
    open_runs(page, app, first)
    assert [trace["name"] for trace in page.evaluate(TRACES, "loss")] == ["each step", "train", "test"]

    # By keyboard: the list closes when the page scrolls, as it may before a click.
    page.get_by_role("combobox", name="In the charts").focus()
    page.keyboard.type("another")
    page.get_by_role("option").filter(has_text=f"another · {second[:4]}").click()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(f"run={first}&run={second}"))
    wait_until(lambda: [trace["y"] for trace in page.evaluate(TRACES, "accuracy")][1::2] == [[62.5], [75.0]])
    chart = page.locator(".st-key-runs-loss .live-chart")
    assert chart.locator(".legendtext").all_text_contents() == ["A  plain", "B  another"]
    assert chart.locator(".annotation-text").all_text_contents() == ["A", "B"]

    page.get_by_role("radio", name="Epochs").click()
    wait_until(lambda: page.evaluate(AXIS) == "epoch")
    with page.expect_download() as download:
        page.get_by_role("link", name="Metrics as CSV").click()
    download.value.save_as(tmp_path / "runs.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "runs.csv").read_text("utf-8-sig"))))
    assert [(row["run"], row["name"], row["test_accuracy"]) for row in rows] == [
        (first, "plain", "0.625"),
        (second, "another", "0.75"),
    ]
    with page.expect_download() as download:
        page.get_by_role("link", name="TensorBoard").click()
    download.value.save_as(tmp_path / "board.zip")
    with zipfile.ZipFile(tmp_path / "board.zip") as archive:
        homes = {name.partition("/")[0] for name in archive.namelist()}
    assert homes == {f"plain-{first}", f"another-{second}"}

    page.get_by_role("button", name="Delete", exact=True).click()
    undo = page.locator(".st-key-runs-actions").get_by_role("button", name="Restore")
    expect(undo).to_be_visible()
    assert store.run(first).deleted_at is not None
    assert first not in {run.id for run in store.runs()}
    settle(page)
    undo.click()
    expect(page.get_by_role("button", name="Delete", exact=True)).to_be_visible()
    assert store.run(first).deleted_at is None
    no_traceback(page)


def test_what_people_write_is_only_text(page: Page, app: App, store: Store) -> None:
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    run_id, beside = written(store, "to be named", 0.5), written(store, "beside", 0.5, seed=2, batch_size=64)
    act_as(page, app, "somebody")
    open_runs(page, app, run_id, beside)
    page.get_by_role("button", name="Name, note, tags").click()
    page.get_by_role("textbox", name="Name", exact=True).fill(EVIL)
    page.get_by_role("textbox", name="Note", exact=True).fill(f"{EVIL}\nsecond line")
    page.get_by_test_id("stForm").get_by_role("combobox", name="Tags").fill("<b>week</b>")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # which closes the list
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name=EVIL, exact=True)).to_be_visible()
    expect(page.get_by_test_id("stText").get_by_text("second line")).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    expect(page.locator(".stMarkdownBadge").filter(has_text="<b>week</b>")).to_be_visible()
    run = store.run(run_id)
    assert (run.name, run.note, run.tags) == (EVIL, f"{EVIL}\nsecond line", ("<b>week</b>",))

    legend = page.locator(".st-key-runs-loss .live-chart .legendtext")
    wait_until(lambda: legend.all_text_contents()[0].startswith("A  <img src=x onerror"))
    assert page.locator('img[src="x"]').count() == 0
    assert page.locator('a[href^="javascript"]').count() == 0
    assert said == []
    no_traceback(page)


def test_the_first_action_after_arriving_and_after_a_rename_is_done(page: Page, app: App, store: Store) -> None:
    run_id = written(store, "arrived at", 0.5)
    act_as(page, app, "somebody")
    page.goto(f"{app.url}/runs")
    settle(page)
    expect(page.get_by_role("heading", name="arrived at", exact=True)).to_be_visible()
    for name in ("once", "twice"):
        page.get_by_role("button", name="Name, note, tags").click()
        page.get_by_role("textbox", name="Name", exact=True).fill(name)
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        settle(page)
        assert store.run(run_id).name == name
    page.get_by_role("button", name="Use these settings").click()
    expect(page).to_have_url(re.compile(f"{app.url}/train"))
    no_traceback(page)


@pytest.mark.sweep  # two servers start for it
def test_a_page_that_stays_open_recovers_from_a_restart(
    page: Page, start_app: Callable[..., App], tmp_path: Path
) -> None:
    first = start_app(tmp_path)
    port = int(first.url.rpartition(":")[2])
    store = open_store(tmp_path)
    endless = Recipe(dataset="digits", batch_size=128, epochs=1000)
    run_id = store.submit(preset("lenet5_tutorial"), endless, name="outlives", owner="somebody").id
    ensure_scheduler(tmp_path)
    wait_until(lambda: store.run(run_id).step > 0)
    store.request_pause(run_id)
    wait_until(lambda: store.run(run_id).state == "paused")
    act_as(page, first, "somebody")
    page.goto(f"{first.url}/runs?run={run_id}")
    settle(page)
    first.end()
    expect(page.locator("[data-testid=stApp]")).not_to_have_attribute("data-test-connection-state", "CONNECTED")
    start_app(tmp_path, FROM_CHECKOUT, ROOT, port)
    expect(page.locator("[data-testid=stApp]")).to_have_attribute("data-test-connection-state", "CONNECTED")
    settle(page)
    page.get_by_role("button", name="Resume", exact=True).click()
    wait_until(lambda: store.run(run_id).state == "running")
    expect(page.locator(".stMarkdownBadge").filter(has_text="running")).to_be_visible()
    no_traceback(page)
    store.request_stop(run_id)
    wait_until(lambda: store.run(run_id).state == "stopped")
    store.close()


@pytest.mark.sweep  # runs are stopped on Train, and forked in tests/ui
def test_a_run_is_watched_stopped_and_forked(page: Page, app: App, store: Store) -> None:
    endless = Recipe(dataset="digits", batch_size=128, epochs=1000, validation_share=0.1)
    small = preset("lenet5_tutorial").replace(image_size=16, kernel_sizes=(3, 3))
    run_id = store.submit(small, endless, name="watched", owner="somebody").id
    ensure_scheduler(app.home)
    act_as(page, app, "somebody")
    page.goto(f"{app.url}/runs?run={run_id}")
    page.get_by_text("Log", exact=True).click()
    log = page.get_by_test_id("stCode").last
    expect(log).to_contain_text("epoch 1 of 1000: train loss", timeout=1000 * PATIENCE_SECONDS)
    shown = page.evaluate(LAST_STEP)
    wait_until(lambda: page.evaluate(LAST_STEP) > shown)
    assert {trace["name"] for trace in page.evaluate(TRACES, "loss")} == {"each step", "train", "test", "validation"}
    for metric in ("learning_rate", "gradient_norm", "examples_per_second", "cores_used", "memory_bytes", "parts"):
        expect(page.locator(f".st-key-runs-{metric} .live-chart .main-svg").first).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".stMarkdownBadge").filter(has_text="stopped")).to_be_visible()
    settle(page)

    done = store.run(run_id).epoch
    page.get_by_role("button", name="Fork", exact=True).click()
    total = page.get_by_role("spinbutton", name="Total epochs")
    total.fill(str(done + 1))
    total.press("Tab")
    page.get_by_test_id("stForm").get_by_role("button", name="Fork", exact=True).click()
    expect(page.get_by_role("heading", name=f"watched, from epoch {done}", exact=True)).to_be_visible()
    expect(page.locator(".stMarkdownBadge").filter(has_text="done")).to_be_visible()
    branch = store.run(page.url.split("run=")[1].split("&")[0])
    assert (branch.parent, branch.parent_epoch, branch.epoch) == (run_id, done, done + 1)
    assert branch.recipe.learning_rate == pytest.approx(endless.learning_rate / 10)
    no_traceback(page)
