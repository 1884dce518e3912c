"""axe-core finds no fault with the pages, dialogs and popovers in Chromium; where the focus is can be seen."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from cnnlab.architectures import preset
from cnnlab.runs import ensure_scheduler, open_store
from cnnlab.runs.settings import settings_file
from cnnlab.training import Recipe
from tests.browser.conftest import App, act_as, settle
from tests.browser.test_data_page import import_images, wait_until, zipped

pytestmark = pytest.mark.browser

PAGES = ("", "compare?net=mobilenet_v1_standard_conv&net=mobilenet_v1", "convolution", "train", "runs", "inside")

OVERLAYS = {
    "?preset=custom_mnist": (
        "Code",
        "What do these numbers mean?",
        "QR code of the link",
        "Link with fewer knobs",
        "What each block does",
    ),
    "compare?net=mobilenet_v1_standard_conv&net=mobilenet_v1": ("Save table", "Add a network"),
    "train": ("Show the data", "Find a learning rate", "Import your own images"),
    "runs": ("Fork", "Name, note, tags", "Teacher"),
}
"""Buttons that open a dialog or a popover."""

DROP_ZONE = 'data-testid="stFileUploaderDropzone"'
"""Streamlit labels this part of its file uploader though only a mouse can use it; its button is for the keyboard."""

SEEN = """() => {
  const link = document.activeElement;
  const style = getComputedStyle(link);
  return link.dataset.testid === "stTopNavLink" && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""


@pytest.fixture(params=[pytest.param("light", marks=pytest.mark.sweep), "dark"])
def themed(request: pytest.FixtureRequest, browser: Browser, app: App) -> Iterator[Page]:
    """A page in one of the themes, of a visitor who asks for reduced motion, so that no colour is on its way."""
    viewport: Any = {"width": 1280, "height": 900}
    context = browser.new_context(color_scheme=request.param, reduced_motion="reduce", viewport=viewport)
    page = context.new_page()
    act_as(page, app, "somebody")
    yield page
    context.close()


@pytest.fixture(scope="module")
def finished(start_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory) -> App:
    """An app with a teacher, and a run of somebody's that has ended and can be forked."""
    home = tmp_path_factory.mktemp("finished")
    settings_file(home).write_text('teacher_token = "for the tests"\n')
    app: App = start_app(home)
    with closing(open_store(home)) as store:
        run_id = store.submit(preset("lenet5_tutorial"), Recipe(dataset="digits", epochs=1), owner="somebody").id
        ensure_scheduler(home)
        wait_until(lambda: store.run(run_id).state == "done")
    return app


def faults(page: Page, where: str = "html") -> list[str]:
    """What axe-core finds in that part of the page as it is."""
    settle(page)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("(where) => axe.run(where, { resultTypes: ['violations'] })", where)
    return [
        f"{page.url}: {fault['id']}: {node['html'][:200]} {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
        if not (fault["id"] == "presentation-role-conflict" and DROP_ZONE in node["html"])
    ]


def test_axe_finds_nothing_on_the_pages(themed: Page, app: App) -> None:
    found = []
    for address in PAGES:
        themed.goto(f"{app.url}/{address}")
        found += faults(themed)
    assert found == []
    assert themed.locator("html").get_attribute("lang") == "en"


@pytest.mark.sweep
def test_axe_finds_nothing_in_what_opens_over_the_pages(themed: Page, finished: App) -> None:
    act_as(themed, finished, "somebody")
    found = []
    for address, buttons in OVERLAYS.items():
        themed.goto(f"{finished.url}/{address}")
        found += faults(themed)
        for name in buttons:
            themed.get_by_role("button", name=name, exact=True).click()
            expect(themed.get_by_role("dialog")).to_be_visible()
            found += faults(themed, "[role=dialog]")
            themed.keyboard.press("Escape")
            expect(themed.get_by_role("dialog")).to_have_count(0)
    assert found == []


@pytest.mark.sweep
def test_axe_finds_nothing_where_own_images_are_deleted(themed: Page, finished: App) -> None:
    act_as(themed, finished, "somebody")
    themed.goto(f"{finished.url}/train")
    settle(themed)
    import_images(themed, "pets.zip", zipped("cat", "dog"))
    expect(themed).to_have_url(re.compile("dataset=own"))
    settle(themed)
    themed.get_by_role("button", name="Show the data", exact=True).click()
    themed.get_by_role("button", name="Delete these images").click()
    expect(themed.get_by_role("button", name="Delete permanently")).to_be_visible()
    assert faults(themed, "[role=dialog]") == []


def test_the_keyboard_sees_where_it_is_and_reaches_what_explains_or_scrolls(page: Page, server: str) -> None:
    page.goto(f"{server}/compare?net=mobilenet_v1_standard_conv&net=mobilenet_v1")
    settle(page)
    page.get_by_test_id("stLogoLink").focus()
    page.keyboard.press("Tab")
    assert page.evaluate(SEEN)
    explanation = page.get_by_role("button", name="Help for MACs", exact=True).first
    explanation.press("Enter")
    expect(page.locator(".number-table .words:popover-open")).to_contain_text("ultiply")
    page.keyboard.press("Escape")
    expect(page.locator(".number-table .words:popover-open")).to_have_count(0)
    page.goto(server)
    settle(page)
    text = page.get_by_test_id("stCode")
    text.focus()
    page.keyboard.press("PageDown")
    page.wait_for_function("document.querySelector('[data-testid=stCode]').scrollTop > 0")
