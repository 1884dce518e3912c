"""A teacher's first ten minutes in Chromium: exactly the clicks that docs/in-class.md lists."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from cnnlab.analysis import analyse
from cnnlab.architectures import preset
from cnnlab.words.numbers import count
from tests.browser.conftest import ROOT, metric, no_traceback, settle

pytestmark = [pytest.mark.browser, pytest.mark.sweep]

LISTED = re.findall(r"^\d+\. ", (ROOT / "docs/in-class.md").read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_the_first_ten_minutes_take_the_listed_clicks(page: Page, server: str) -> None:
    clicks = 0
    width = page.get_by_role("slider", name="Width of the first stage")
    guess = page.get_by_role("slider", name="Your guess")

    def click(place: Locator) -> None:
        nonlocal clicks
        place.click(force=place in (width, guess))  # the thumb lies over the slider's field
        clicks += 1
        settle(page)

    def choose(box: str, option: str) -> None:
        click(page.get_by_role("combobox", name=box))
        click(page.get_by_role("option", name=option, exact=True))

    def train() -> None:
        click(page.get_by_role("button", name="Train this"))
        click(page.get_by_role("button", name="Train", exact=True))
        expect(page).to_have_url(re.compile("run="))

    page.goto(server)
    settle(page)
    click(page.get_by_test_id("stTopNav").get_by_role("link", name="Compare"))
    click(guess)
    guess.press("ArrowLeft")
    click(page.get_by_role("button", name="Show the answer"))
    expect(page.locator(".st-key-guess-card")).to_contain_text("÷ 8.56")
    click(page.get_by_test_id("stTopNav").get_by_role("link", name="Explore"))
    click(width)
    width.focus()
    while (now := int(width.input_value())) != 48:
        width.press("ArrowLeft" if now > 48 else "ArrowRight")
    expect(metric(page, "Parameters")).to_have_text(count(analyse(preset("resnet18").replace(width=48)).params))
    choose("Family", "LeNet, 1998")
    choose("Preset", "lenet5_d2l")
    train()
    first = page.url
    click(page.get_by_test_id("stTopNav").get_by_role("link", name="Explore"))
    click(page.get_by_text("Layer types"))
    choose("Activation", "ReLU")
    train()
    assert page.url != first
    click(page.get_by_role("button", name="Copy link"))
    assert clicks == len(LISTED) <= 20
    no_traceback(page)
