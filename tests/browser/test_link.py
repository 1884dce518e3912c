"""The link of each page in Chromium: copied at once, secure or not, and as a QR code for others."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from cnnlab.ui.sharing.reachable import for_others
from tests.browser.conftest import no_traceback, settle

pytestmark = pytest.mark.browser

PAGES = (
    "?preset=resnet20_cifar&shortcut=none",
    "compare?net=resnet18&net=resnet18:width=48",
    "convolution?part=steps&kernel=blur&row=3&column=5",
    "train?preset=lenet5_tutorial&epochs=2",
    "runs",
)


FURTHER = PAGES[2:4]
"""Pages whose link is copied in the sweep only."""


@pytest.fixture
def allowed(page: Page, server: str) -> Iterator[Page]:
    """A page that may read the clipboard."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server)
    yield page
    page.context.clear_permissions()


def clipboard(page: Page) -> Any:
    return page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize(
    "address", [pytest.param(page, marks=pytest.mark.sweep if page in FURTHER else ()) for page in PAGES]
)
def test_the_address_is_copied_at_once(allowed: Page, server: str, address: str) -> None:
    allowed.goto(f"{server}/{address}")
    settle(allowed)
    allowed.get_by_role("button", name="Copy link").click()
    expect(allowed.locator(".link-buttons .after")).to_be_visible()
    expect(allowed.locator(".link-buttons [role=status]")).to_have_text("Copied")
    expect(allowed.locator(".link-buttons [role=status]")).to_have_attribute("aria-live", "polite")
    copied = clipboard(allowed)
    assert copied == unquote(allowed.url)
    assert copied.startswith(f"{server}/{address}")
    expect(allowed.locator(".link-buttons .before")).to_be_visible()
    no_traceback(allowed)


def test_the_place_of_the_window_is_copied(allowed: Page, server: str) -> None:
    allowed.goto(f"{server}/convolution")
    settle(allowed)
    allowed.locator('.step-through .output [data-place="19"]').click()
    expect(allowed).to_have_url(re.compile("row=3&column=4"))
    allowed.get_by_role("button", name="Copy link").click()
    expect(allowed.locator(".link-buttons .after")).to_be_visible()
    assert clipboard(allowed).endswith("row=3&column=4")


@pytest.mark.parametrize(
    "hides", ["navigator, 'clipboard', {value: undefined}", "window, 'isSecureContext', {value: false}"]
)
def test_it_is_copied_where_the_page_is_not_secure(allowed: Page, server: str, hides: str) -> None:
    allowed.goto(f"{server}/compare?net=vgg16")
    settle(allowed)
    allowed.evaluate("() => { window.read = navigator.clipboard.readText.bind(navigator.clipboard); }")
    allowed.evaluate(f"() => Object.defineProperty({hides})")
    allowed.get_by_role("button", name="Copy link").click()
    expect(allowed.locator(".link-buttons .after")).to_have_text("Copied")
    assert allowed.evaluate("window.read()") == allowed.url
    expect(allowed.locator("textarea[readonly]")).to_have_count(0)


def test_its_qr_code_leads_others_to_this_machine(page: Page, server: str) -> None:
    page.goto(f"{server}/compare?net=vgg16")
    settle(page)
    page.get_by_role("button", name="QR code of the link").click()
    dialog = page.get_by_role("dialog")
    expected = for_others(page.url)
    if expected is None:
        expect(dialog.get_by_text("This machine has no address in a network")).to_be_visible()
        return
    expect(dialog.get_by_role("img", name="QR code of the link below")).to_be_visible()
    expect(dialog.get_by_test_id("stCode").first).to_contain_text(expected)
    expect(dialog.get_by_text("Others can open it only if the server listens there")).to_be_visible()
    expect(dialog.get_by_text("streamlit run app.py --server.address 0.0.0.0")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/compare\?net=vgg16$"))
    no_traceback(page)
