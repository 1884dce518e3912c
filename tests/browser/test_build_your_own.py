"""One's own network in Chromium: cells, rows and moves change the numbers and the address; what is wrong is said."""

import re

import pytest
from playwright.sync_api import Page, expect

from cnnlab.analysis import analyse
from cnnlab.architectures import preset
from cnnlab.words.numbers import count
from tests.browser.conftest import metric, no_traceback, settle

pytestmark = pytest.mark.browser

START = preset("custom_mnist")
CHANNELS = 1
"""The column of a cell, after that of the kinds."""


def params(*blocks: str) -> str:
    return count(analyse(START.replace(blocks=blocks)).params)


def select(page: Page, row: int, column: int) -> None:
    """Select a cell of the table by the keyboard, from its first one."""
    table = page.locator(".st-key-blocks .dvn-scroller").first
    table.click(position={"x": 90, "y": 55})
    for _ in range(row):
        page.keyboard.press("ArrowDown")
    for _ in range(column):
        page.keyboard.press("ArrowRight")


def write(page: Page, text: str) -> None:
    """Type into the selected cell."""
    page.keyboard.press("Enter")
    field = page.locator("#portal input")
    expect(field).to_be_focused()
    field.fill(text)
    page.keyboard.press("Enter")


def test_cells_rows_and_moves_change_the_network(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=custom_mnist")
    settle(page)
    select(page, 0, CHANNELS)
    write(page, "8")
    blocks = ["convolution out_channels=8", *START.values["blocks"][1:]]  # type: ignore[index]
    expect(metric(page, "Parameters")).to_have_text(params(*blocks))
    page.get_by_role("button", name="Copy", exact=True).click()
    blocks = [blocks[0], *blocks]
    expect(metric(page, "Parameters")).to_have_text(params(*blocks))
    page.get_by_role("button", name="Down", exact=True).click()
    blocks[1:3] = [blocks[2], blocks[1]]
    expect(metric(page, "Parameters")).to_have_text(params(*blocks))
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(metric(page, "Parameters")).to_have_text(params(*blocks[:2], *blocks[3:]))
    settle(page)  # the address is written last
    expect(page).to_have_url(re.compile("blocks=convolution"))
    page.reload()
    settle(page)
    expect(metric(page, "Parameters")).to_have_text(params(*blocks[:2], *blocks[3:]))
    no_traceback(page)


def test_a_network_is_made_from_nothing_with_one_click_and_the_keyboard(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=custom_mnist")
    settle(page)
    page.get_by_role("button", name="Start from nothing").click()
    expect(metric(page, "Parameters")).to_have_text(params())
    kinds = ["convolution", "pooling", "flatten"]
    for number in range(1, len(kinds) + 1):
        page.get_by_role("combobox", name="Add a block").click()
        page.keyboard.type(kinds[number - 1])
        page.keyboard.press("Enter")
        expect(metric(page, "Parameters")).to_have_text(params(*kinds[:number]))
        settle(page)
    no_traceback(page)


def test_what_does_not_fit_is_said_while_one_types(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=custom_mnist")
    settle(page)
    select(page, 0, CHANNELS + 1)
    write(page, "40")
    expect(page.get_by_test_id("stAlert").first).to_contain_text("Kernel size must be at most 31, and it is 40")
    no_traceback(page)
    select(page, 0, CHANNELS + 1)
    write(page, "5")
    expect(metric(page, "Parameters")).to_be_visible()
    expect(page.get_by_text("must be at most 31")).to_have_count(0)


def test_presets_are_found_by_typing(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=torchvision:squeezenet1_0")
    settle(page)
    page.get_by_role("combobox", name="Preset").click()
    page.keyboard.type("regnet_y_400")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="torchvision:regnet_y_400mf")).to_be_visible()
    expect(page.locator(".st-key-explore-card")).to_contain_text("4.34 M parameters, 402 M MACs (torchvision's weights")
    no_traceback(page)


def test_the_card_says_when_what_and_how_good(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=mobilenet_v1")
    settle(page)
    card = page.locator(".st-key-explore-card")
    for words in ("Howard", "2017", "What was new:", "70.6 % top-1 accuracy on ImageNet (Howard et al. 2017, table 4)"):
        expect(card).to_contain_text(words)
