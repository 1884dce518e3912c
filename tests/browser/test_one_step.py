"""One step in Chromium: the states by the keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import settle

pytestmark = [pytest.mark.browser, pytest.mark.sweep]


def test_the_states_are_turned_by_the_keyboard(page: Page, server: str) -> None:
    page.goto(f"{server}/inside?preset=lenet5_tutorial&dataset=digits&view=step")
    settle(page)
    for heading in ("2 · forward", "3 · loss"):
        page.keyboard.press("n")
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    page.keyboard.press("p")
    expect(page.get_by_role("heading", name="2 · forward")).to_be_visible()
