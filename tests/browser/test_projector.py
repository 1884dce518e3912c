"""The projector mode in Chromium: a key turns it on and off on every page, and the link has it while it is on."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import no_traceback, settle

pytestmark = pytest.mark.browser


def test_a_key_makes_the_pages_large_without_knobs(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=resnet20_cifar")
    settle(page)
    size = "Number.parseFloat(getComputedStyle(document.documentElement).fontSize)"
    usual = page.evaluate(size)
    sidebar, switch = page.get_by_test_id("stSidebar"), page.get_by_role("button", name="Projector mode")
    expect(sidebar).to_have_attribute("data-collapsed", "false")
    page.keyboard.press("p")
    expect(page).to_have_url(re.compile("preset=resnet20_cifar&projector=1$"))
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(sidebar).to_have_attribute("data-collapsed", "true")
    assert page.evaluate(size) > usual
    settle(page)
    # It lasts on the next page.
    page.get_by_role("link", name="Runs").click()
    expect(page).to_have_url(re.compile(r"/runs\?.*projector=1$"))
    settle(page)
    switch.click()
    expect(page).not_to_have_url(re.compile("projector"))
    expect(switch).to_have_attribute("aria-pressed", "false")
    settle(page)
    assert page.evaluate(size) == usual
    no_traceback(page)
