"""The answers of a run in Chromium: from a cell of the matrix to its images, and from an image to the Inside page."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from cnnlab.runs import Store, open_store
from tests.browser.conftest import App, no_traceback, settle
from tests.ui.answers.runs import answered

pytestmark = pytest.mark.browser


@pytest.fixture
def store(app: App) -> Iterator[Store]:
    store = open_store(app.home)
    yield store
    store.close()


def test_a_cell_shows_its_images_and_an_image_opens_inside(page: Page, app: App, store: Store) -> None:
    run_id = answered(store, "to look into", taken=((4, 9, 8), (3, 5, 4)))
    page.goto(f"{app.url}/runs?run={run_id}")
    settle(page)
    images = page.locator(".st-key-answers-images-gallery button")
    expect(images).to_have_count(4)
    expect(images.first).to_have_accessible_name(re.compile("image .*: 3, answered 5 with a confidence of 99.6 %"))
    page.get_by_role("slider", name="Epoch").press("ArrowLeft")
    expect(page.get_by_role("heading", name="Confusion after epoch 1")).to_be_visible()
    page.locator(".st-key-answers-matrix [data-path='4,9']").click()
    expect(images).to_have_count(8)
    expect(page).to_have_url(re.compile(r"epoch=1&cell=4(,|%2C)9"))
    picture = images.first.locator(".picture")
    assert picture.evaluate("node => getComputedStyle(node).backgroundImage").startswith('url("data:image/png')
    settle(page)
    images.first.press("Enter")
    expect(page).to_have_url(re.compile(rf"/inside\?run={run_id}&epoch=1&image=\d+"))
    no_traceback(page)
