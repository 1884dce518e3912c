"""The hints of a first visit in Chromium: they go away by a click, stay away, and the server is not asked."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import no_traceback, settle
from tests.browser.test_accessibility import faults

pytestmark = pytest.mark.browser


def test_hints_go_away_one_by_one_or_all_and_stay_away(page: Page, server: str) -> None:
    sent: list[str | bytes] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.goto(server)
    settle(page)
    group, crosses = page.get_by_role("group", name="Hints"), page.get_by_role("button", name="Hide this hint")
    expect(crosses).to_have_count(3)
    assert faults(page, ".hints") == []
    before = len(sent)
    crosses.first.press("Enter")
    expect(crosses).to_have_count(2)
    expect(crosses.first).to_be_focused()
    expect(group).not_to_contain_text("Pick a network")
    settle(page)
    assert len(sent) == before
    page.goto(server)
    settle(page)
    expect(crosses).to_have_count(2)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(crosses).to_have_count(1)  # one line on a phone
    page.get_by_role("button", name="Hide all").click()
    expect(group).to_have_count(0)
    page.goto(server)
    settle(page)
    expect(page.locator(".hints")).to_have_count(0)
    no_traceback(page)
