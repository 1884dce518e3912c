"""A printed page in Chromium: a hand-out without what one presses, of which nothing is cut and no sheet is blank."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle

pytestmark = pytest.mark.browser

PRESSED = ("stHeader", "stSidebar", "stButtonGroup", "stButton")

CUT = """() => [...document.querySelectorAll("[data-testid=stCode], .number-table, .ribbon, canvas, .live-chart")]
  .filter((node) => node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1
    || node.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((node) => node.outerHTML.slice(0, 80))"""


def test_explore_is_printed_in_full(page: Page, server: str) -> None:
    page.goto(server)
    settle(page)
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))
    assert len(sheets) == 3  # the numbers and figures, and torchinfo's summary on two
    page.set_viewport_size({"width": 703, "height": 1000})  # A4 without its margins
    page.emulate_media(media="print")
    for name in PRESSED:
        for place in page.get_by_test_id(name).all():
            expect(place).to_be_hidden()
    for selector in (".hints", ".projector-switch"):
        expect(page.locator(selector)).to_be_hidden()
    expect(page.locator(".ribbon svg")).to_be_visible()
    assert page.evaluate(CUT) == []
