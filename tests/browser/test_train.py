"""The Train page in Chromium: curves that stream, Stop, links that re-attach, and a server that is killed."""

import re
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from safetensors.torch import load_file

from cnnlab.architectures import preset
from cnnlab.runs import Run, ensure_scheduler, open_store
from cnnlab.training import Recipe
from cnnlab.ui.runs.run_table import ROW_HEIGHT
from tests.browser.conftest import App, no_traceback, settle

pytestmark = pytest.mark.browser

LONG = "epochs=1000&learning_rate=0.0005"
"""A recipe that goes on until somebody stops it."""

PATIENCE_SECONDS = 180

LISTEN = """() => {
  window.said = [];
  new MutationObserver((changes) => {
    const node = changes.map(({ target }) => target.parentElement?.closest(".announcement") ?? target)
      .find((target) => target.matches?.(".announcement") && target.textContent);
    if (node) window.said.push(node.textContent);
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}"""
"""Keeps what a screen reader is told from now on."""


def traces(page: Page, measure: str = "loss") -> list[dict[str, Any]]:
    """What plotly shows: for each curve its name, its points and whether it is visible; none before it is drawn."""
    found: list[dict[str, Any]] = page.evaluate(
        """(measure) => (document.querySelector(`.st-key-train-${measure} .live-chart`)?._fullData ?? [])
            .map((trace) => ({ name: trace.name, x: [...trace.x], y: [...trace.y], visible: trace.visible }))""",
        measure,
    )
    return found


def num_points(page: Page, curve: str = "train") -> int:
    return sum(len(trace["x"]) for trace in traces(page) if trace["name"] == curve)


def steps_taken(page: Page) -> int:
    return int(max((x for trace in traces(page) for x in trace["x"]), default=0))


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"It did not happen within {PATIENCE_SECONDS} s."
        time.sleep(0.05)


def ask_for(page: Page, address: str) -> str:
    """Opens the page and presses Train; the new run's id."""
    page.goto(address)
    settle(page)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page).to_have_url(re.compile(r"run=\w+"))
    return page.url.split("run=")[1].split("&")[0]


def start(page: Page, address: str) -> str:
    """The same, and waits for the first points."""
    run_id = ask_for(page, address)
    expect(page.locator(".st-key-train-loss .live-chart .main-svg").first).to_be_visible()
    wait_until(lambda: steps_taken(page) > 0)
    return run_id


def stop(page: Page) -> None:
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(badge(page, "stopped")).to_be_visible()


def badge(page: Page, state: str) -> Locator:
    return page.locator(".stMarkdownBadge").filter(has_text=state)


def trained(home: Path, *recipes: Recipe, names: tuple[str, ...] = ("first", "second", "third")) -> list[Run]:
    """Runs of the tutorial's LeNet that have ended."""
    spec = preset("lenet5_tutorial")
    with closing(open_store(home)) as store:
        runs = [store.submit(spec, r, name=n, owner="somebody") for r, n in zip(recipes, names, strict=False)]
        ensure_scheduler(home)
        wait_until(lambda: not any(store.run(run.id).active for run in runs))
        return [store.run(run.id) for run in runs]


def test_three_epochs_of_adam_stream_and_end_above_93_percent(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    start(page, f"{server}/train?preset=lenet5_tutorial&dataset=mnist5k&optimizer=adam&epochs=3")
    page.evaluate(LISTEN)
    for measure in ("loss", "accuracy"):
        box = page.locator(f".st-key-train-{measure} .live-chart").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 720, "it is seen without scrolling"
    page.evaluate("document.querySelectorAll('.live-chart').forEach((node, i) => { node.mark = i; })")
    seen = [num_points(page)]

    def has_ended() -> bool:
        seen.append(num_points(page))
        return badge(page, "done").is_visible()

    wait_until(has_ended)
    settle(page)
    said = page.evaluate("window.said")
    assert said == list(dict.fromkeys(said)), "each is said once, not at each tick"
    assert re.fullmatch(r"lenet5_tutorial: done, \d\d\.\d % right\.", said[-1])
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_disabled()
    assert seen == sorted(seen)
    assert num_points(page) == 375
    assert page.evaluate("[...document.querySelectorAll('.live-chart')].map((node) => node.mark)") == [0, 1]
    assert [trace["name"] for trace in traces(page)] == ["each step", "train", "test"]
    test_accuracies = traces(page, "accuracy")[2]["y"]
    assert len(test_accuracies) == 3
    assert max(test_accuracies) >= 93
    shown = page.get_by_test_id("stMetric").filter(has_text="Test accuracy").get_by_test_id("stMetricValue")
    expect(shown).to_have_text(f"{test_accuracies[-1]:.1f} %")
    no_traceback(page)


def test_zoom_and_hidden_curves_survive_the_ticks(page: Page, server: str) -> None:
    start(page, f"{server}/train?{LONG}")
    chart = page.locator(".st-key-train-loss .live-chart")
    chart.evaluate("(node) => { node.mark = true; }")
    chart.locator(".legendtoggle").first.click()
    wait_until(lambda: traces(page)[0]["visible"] == "legendonly")
    box = chart.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.8 * box["height"], steps=4)
    page.mouse.up()
    full_range = "(node) => [...node._fullLayout.xaxis.range, ...node._fullLayout.yaxis.range]"
    wait_until(lambda: chart.evaluate(full_range)[0] > 0)
    zoomed = chart.evaluate(full_range)

    seen = [steps_taken(page)]
    for _ in range(3):
        wait_until(lambda: steps_taken(page) > seen[-1])
        seen.append(steps_taken(page))
        assert chart.evaluate(full_range) == zoomed
        assert traces(page)[0]["visible"] == "legendonly"
        assert chart.evaluate("(node) => node.mark")
    stop(page)
    assert chart.evaluate(full_range) == zoomed
    assert chart.evaluate("(node) => node.mark")
    page.mouse.dblclick(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    wait_until(lambda: chart.evaluate(full_range)[0] == 0)
    no_traceback(page)


def test_stop_keeps_what_was_learnt(page: Page, app: App, tmp_path: Path) -> None:
    run_id = start(page, f"{app.url}/train?{LONG}")
    stop(page)
    settle(page)
    with closing(open_store(app.home)) as store:
        run = store.run(run_id)
    assert run.state == "stopped"
    assert 0 < run.step < run.total_steps
    expect(page.get_by_text(f"Stopped at step {run.step}")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Last weights").click()
    download.value.save_as(tmp_path / "last.safetensors")
    assert sum(tensor.numel() for tensor in load_file(tmp_path / "last.safetensors").values()) == 61_706
    no_traceback(page)


@pytest.mark.sweep  # two browsers; the scenario of a class does it too
def test_a_reload_and_another_browser_show_the_same_run(page: Page, browser: Browser, server: str) -> None:
    run_id = start(page, f"{server}/train?{LONG}&preset=lenet5_d2l")
    before = steps_taken(page)
    page.reload()
    wait_until(lambda: steps_taken(page) > before)
    assert f"run={run_id}" in page.url

    elsewhere = browser.new_page()
    before = steps_taken(page)
    elsewhere.goto(page.url)
    expect(elsewhere.get_by_role("heading", name="Train lenet5_d2l")).to_be_visible()
    wait_until(lambda: steps_taken(elsewhere) > before)
    expect(elsewhere.get_by_role("button", name="Stop", exact=True)).to_have_count(0)  # it is another's run
    stop(page)
    expect(badge(elsewhere, "stopped")).to_be_visible()
    no_traceback(elsewhere)
    elsewhere.close()


@pytest.mark.sweep  # two servers start for it; tests/runs kills the app too
def test_a_run_goes_on_when_the_server_is_killed(page: Page, start_app: Callable[..., App], tmp_path: Path) -> None:
    killed = start_app(tmp_path)
    run_id = ask_for(page, f"{killed.url}/train?{LONG}")
    store = open_store(tmp_path)
    wait_until(lambda: store.run(run_id).step > 0)
    killed.end(signal.SIGKILL)
    before = store.run(run_id).step
    wait_until(lambda: store.run(run_id).step > before)

    again = start_app(tmp_path)
    before = store.run(run_id).step
    # Nobody has opened the first page of this server.
    page.goto(f"{again.url}/train?run={run_id}")
    expect(badge(page, "running")).to_be_visible()
    wait_until(lambda: steps_taken(page) > before)
    stop(page)
    store.close()
    no_traceback(page)


@pytest.mark.sweep  # the list of runs does it too
def test_two_runs_are_laid_over_each_other(page: Page, app: App) -> None:
    name = "<b>bold</b> **2** `x`"
    first, second = trained(
        app.home, Recipe(dataset="digits", epochs=1), Recipe(dataset="digits", epochs=2), names=("plain", name)
    )
    page.goto(f"{app.url}/train?run={first.id}")
    settle(page)
    wait_until(lambda: [trace["name"] for trace in traces(page)] == ["each step", "train", "test"])

    # By keyboard: the list closes when the page scrolls, as it may before a click.
    page.get_by_role("combobox", name="In the charts").focus()
    page.keyboard.type("bold")
    page.get_by_role("option").filter(has_text=f"{name} · {second.id[:4]}").click()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(f"run={first.id}&run={second.id}"))
    wait_until(lambda: [len(trace["y"]) for trace in traces(page, "accuracy")] == [46, 1, 92, 2])
    # Nothing that a person types is read as anything but text.
    legend = page.locator(".st-key-train-loss .live-chart .legendtext").all_text_contents()
    assert legend == ["A  plain", f"B  {name}"]
    expect(page.get_by_role("heading", name="plain", exact=True)).to_be_visible()

    page.goto(f"{app.url}/train?run={second.id},{first.id}")
    wait_until(lambda: len(traces(page)) == 4)
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    no_traceback(page)


@pytest.mark.sweep  # what text alone decides
def test_the_page_says_which_run_is_in_the_charts_and_what_the_button_trains(page: Page, app: App) -> None:
    (run,) = trained(app.home, Recipe(dataset="digits", epochs=1), names=("first",))
    page.goto(f"{app.url}/train?preset=lenet5_d2l&dataset=mnist5k&run={run.id}")
    settle(page)
    expect(page.get_by_role("heading", name="Train lenet5_d2l", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="first", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile("The form is set to lenet5_d2l on MNIST, 5.000 images"))).to_be_visible()
    expect(page.get_by_text("Nothing trained yet")).to_have_count(0)
    expect(page.get_by_role("heading", name="All runs")).to_be_visible()
    no_traceback(page)


@pytest.mark.sweep  # the list of runs does it too
def test_a_click_in_the_table_opens_a_run(page: Page, app: App) -> None:
    (run,) = trained(app.home, Recipe(dataset="digits", epochs=1, seed=7), names=("to open",))
    page.goto(f"{app.url}/train")
    settle(page)
    table = page.get_by_test_id("stDataFrame")
    table.locator(".dvn-scroller").click(position={"x": 35, "y": 1.5 * ROW_HEIGHT})
    expect(page).to_have_url(re.compile(f"run={run.id}"))
    expect(page.get_by_role("heading", name="to open", exact=True)).to_be_visible()
    page.get_by_role("button", name="Use these settings").click()
    expect(page).to_have_url(re.compile("dataset=digits.*epochs=1.*seed=7"))
    no_traceback(page)


def test_a_run_that_fails_says_why(page: Page, app: App) -> None:
    recipe = Recipe(dataset="digits", epochs=1, optimizer="nesterov", learning_rate=100.0)
    (run,) = trained(app.home, recipe, names=("too fast",))
    page.goto(f"{app.url}/train?run={run.id}")
    settle(page)
    expect(page.get_by_test_id("stAlert")).to_contain_text("The training loss is not a number in step")
    page.get_by_text("Log", exact=True).click()
    expect(page.get_by_test_id("stCode").last).to_contain_text("not a number")
    no_traceback(page)


@pytest.mark.sweep  # as on Explore
def test_nonsense_in_a_link_is_refused_with_a_sentence_and_the_rest_used(page: Page, server: str) -> None:
    page.goto(f"{server}/train?preset=lenet5_rgb&run=nothing&epochs=0&batch_size=50&colour=red&device=cuda:99")
    settle(page)
    for sentence in (
        "There is no run 'nothing' here",
        "Epochs must be at least 1, and it is 0",
        "colour is not a knob of LeNet",
        "Device must be auto or one of",
    ):
        expect(page.get_by_test_id("stAlert").get_by_text(sentence)).to_be_visible()
    expect(page.locator(".st-key-recipe-knob-batch_size-number input")).to_have_value("50")
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_disabled()
    no_traceback(page)


def test_the_recipe_answers_to_the_keyboard(page: Page, server: str) -> None:
    page.goto(f"{server}/train")
    settle(page)
    page.locator(".st-key-recipe-knob-learning_rate-slider input").focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("learning_rate=0.005"))
    settle(page)
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("learning_rate=0.01"))
    settle(page)
    page.get_by_role("button", name="Reset Learning rate").press("Enter")
    expect(page).not_to_have_url(re.compile("learning_rate"))
    no_traceback(page)


def test_a_large_network_is_fitted_to_the_data_by_one_button(page: Page, server: str) -> None:
    page.goto(f"{server}/train?preset=resnet18&width=8")
    settle(page)
    page.get_by_role("button", name="Fit the network to the data").first.click()
    expect(page).to_have_url(re.compile("in_channels=1&image_size=28&num_classes=10"))
    assert "width=8" in page.url
    no_traceback(page)
