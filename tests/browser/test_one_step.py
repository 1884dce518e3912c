"""One step in Chromium: the states by the keyboard, and what takes long can be stopped."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle

pytestmark = pytest.mark.browser


def test_the_states_are_turned_by_the_keyboard_and_a_long_step_is_stopped(page: Page, server: str) -> None:
    page.goto(f"{server}/inside?preset=lenet5_tutorial&dataset=digits&view=step")
    settle(page)
    for heading in ("2 · forward", "3 · loss"):
        page.keyboard.press("n")
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    page.keyboard.press("p")
    expect(page.get_by_role("heading", name="2 · forward")).to_be_visible()

    page.goto(f"{server}/inside?preset=resnet20_cifar&dataset=shapes&view=step")
    settle(page)
    begin, stop = (page.get_by_role("button", name=name) for name in ("Compute this step", "Stop"))
    expect(stop).to_be_disabled()
    begin.click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    stop.click()
    settle(page)
    expect(stop).to_be_disabled()
    expect(begin).to_be_enabled()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_role("heading", name="zero_grad")).to_have_count(0)
