"""The Inside page in a browser: from a section to a layer, to a map, to the arithmetic behind a value."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import no_traceback, settle

pytestmark = pytest.mark.browser


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def test_a_map_is_opened_and_its_values_add_up(page: Page, server: str) -> None:
    page.goto(f"{server}/inside?preset=lenet5_tutorial&dataset=digits&image=3")
    settle(page)
    section = page.locator('[data-path="features.conv2"]')
    section.focus()
    section.press("Enter")
    maps = page.locator(".st-key-inside-maps .picture")
    expect(maps).to_have_count(16)
    assert "layer=features.conv2" in page.url
    maps.first.focus()
    page.keyboard.press("ArrowRight")
    expect(maps.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".input")).to_have_count(3)
    dialog.get_by_role("button", name="First position").click()
    dialog.get_by_role("button", name="Next position").click()
    result = dialog.locator(".result")
    expect(result).to_contain_text("Row 1, column 2")
    terms, _, total = result.inner_text().partition(": ")[2].partition(" = ")
    assert "the other 3 channels" in terms
    assert "bias" in terms
    numbers = re.sub(r"\([^)]*\)", "", terms).replace("− ", "−").replace("+ ", "")
    assert sum(map(number, numbers.split())) == pytest.approx(number(total), abs=0.02)
    no_traceback(page)
