"""The pad of the Runs page in Chromium: a stroke is answered, whether a mouse or the keyboard draws it."""

import re

import pytest
from playwright.sync_api import Page, expect

from cnnlab.architectures import preset
from cnnlab.runs import open_store
from cnnlab.training import Recipe
from tests.browser.conftest import App, act_as, no_traceback, settle

pytestmark = pytest.mark.browser

ANSWER = re.compile(r"^\d, \d+ %$")


def test_bars_follow_the_pen(page: Page, app: App) -> None:
    store = open_store(app.home)
    run = store.submit(preset("lenet5_tutorial"), Recipe(dataset="digits"), name="drawn on", owner="somebody").id
    store.request_stop(run)
    store.close()
    act_as(page, app, "somebody")
    page.goto(f"{app.url}/runs?run={run}")
    settle(page)
    pad, ink, bars = (page.locator(name) for name in (".drawing-pad", ".drawing-pad .ink", ".drawing-pad li"))
    percents, status = bars.locator(".percent"), pad.get_by_role("status")
    expect(percents).to_have_text(["–"] * 10)
    ink.scroll_into_view_if_needed()
    box = ink.bounding_box()
    assert box is not None

    def at(x: float, y: float) -> tuple[float, float]:
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    with page.expect_response("**/answer?*") as answered:
        page.mouse.move(*at(0.5, 0.2))
        page.mouse.down()
        page.mouse.move(*at(0.5, 0.8), steps=5)
    assert answered.value.ok
    expect(percents.first).to_have_text(re.compile(r"^\d+ %$"))  # while the pen is down
    page.mouse.up()
    expect(status).to_have_text(ANSWER)
    expect(pad.locator("li.best")).to_have_count(1)
    expect(pad.get_by_text("What the network sees: 32 × 32")).to_be_visible()

    pad.get_by_role("button", name="Clear").click()
    expect(percents).to_have_text(["–"] * 10)
    ink.focus()
    for key in ("ArrowUp", " ", "ArrowDown", "ArrowDown", "ArrowDown", " "):
        page.keyboard.press(key)
    expect(status).to_have_text(ANSWER)
    pad.get_by_role("button", name="Undo").click()
    expect(status).to_be_empty()

    page.route("**/answer?*", lambda route: route.abort())
    ink.focus()
    for key in (" ", "ArrowUp", " "):
        page.keyboard.press(key)
    expect(status).to_contain_text("The server does not answer.")
    page.unroute("**/answer?*")
    expect(status).to_have_text(ANSWER)  # it is asked again by itself

    file = {"name": "no.png", "mimeType": "image/png", "buffer": b"no image"}
    pad.locator("input[type=file]").set_input_files([file])
    expect(status).to_contain_text("The file is not an image")
    no_traceback(page)
