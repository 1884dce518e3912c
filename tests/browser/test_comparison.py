"""The Compare page in Chromium: from the first page to a lesson, the address, the table's buttons, figures as files."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from cnnlab.analysis import analyse
from cnnlab.architectures import preset
from cnnlab.words.numbers import count
from tests.browser.conftest import settle

pytestmark = pytest.mark.browser


def networks(page: Page) -> Locator:
    """The rows of the table of networks."""
    return page.locator(".st-key-compare-table tbody tr")


def chart(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-compare-{key}")


def no_traceback(page: Page) -> None:
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_standard_against_separable_is_two_clicks_and_a_guess_from_the_first_page(page: Page, server: str) -> None:
    page.goto(server)
    settle(page)
    page.get_by_role("link", name="Compare").click()
    page.get_by_text("Separable: VGG", exact=True).click()
    guess = page.get_by_role("slider", name="Your guess")
    expect(page.get_by_role("heading", name="Parameters of vgg16 with")).to_be_visible()
    settle(page)
    # What is asked is not in the page, and what was there before is gone.
    expect(networks(page)).to_have_count(0)
    assert not re.search(r"7\.79|138 M|15\.5", page.content())
    guess.focus()
    guess.press("ArrowLeft")
    expect(page.locator(".st-key-guess-card")).to_contain_text("÷ 1.10")
    page.get_by_role("button", name="Show the answer").click()
    settle(page)
    expect(page.get_by_text(re.compile(r"the truth is ÷ 1\.1\d: that is close\."))).to_be_visible()
    expect(networks(page)).to_have_count(2)
    expect(networks(page).nth(0)).to_contain_text("vgg16")
    expect(networks(page).nth(1)).to_contain_text("convolution=depthwise_separable")
    expect(networks(page).nth(1)).to_contain_text("÷ 7.79")
    expect(page.get_by_text("7.8 times fewer MACs").first).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Costs of each network. vgg16: 138 M Parameters"))).to_be_visible()
    expect(page).to_have_url(re.compile(r"net=vgg16&net=vgg16%3Aconvolution%3Ddepthwise_separable"))
    no_traceback(page)


def test_the_comparison_is_in_the_address(page: Page, server: str) -> None:
    page.goto(f"{server}/compare?net=resnet18&net=resnet18:width=48&net=resnet34")
    settle(page)
    page.get_by_role("button", name="Make baseline: B width=48").click()
    settle(page)
    expect(networks(page).nth(0)).to_contain_text("width=48")
    page.get_by_role("button", name="Remove: C resnet34").click()
    settle(page)
    expect(networks(page)).to_have_count(2)
    expect(page).to_have_url(re.compile(r"\?net=resnet18&net=resnet18%3Awidth%3D48&baseline=2$"))
    page.reload()  # which begins a new session
    settle(page)
    narrow = analyse(preset("resnet18").replace(width=48))
    expect(networks(page)).to_have_count(2)
    expect(networks(page).nth(0)).to_contain_text("baseline")
    expect(networks(page).nth(0)).to_contain_text(count(narrow.params))
    expect(networks(page).nth(1)).to_contain_text("× 1.75")


def test_a_bad_part_of_the_link_is_a_sentence(page: Page, server: str) -> None:
    page.goto(
        f"{server}/compare?net=resnet18&net=%3Cb%3Eloud%3C/b%3E&net=vgg16:depths=1,2&net=vgg16&baseline=7&x=beauty"
    )
    settle(page)
    alerts = page.get_by_test_id("stAlert")
    for sentence in (
        "Network 2 of the link, '<b>loud</b>': There is no preset '<b>loud</b>'",
        "Network 3 of the link, 'vgg16:depths=1,2': Channels per stage must have one value for each of",
        "baseline must be the number of a network, 1 to 4, and it is '7': the first is used.",
        "x must be one of params, macs",
    ):
        expect(alerts.filter(has_text=sentence)).to_be_visible()
    expect(alerts.locator("b")).to_have_count(0)
    expect(networks(page)).to_have_count(2)
    no_traceback(page)


@pytest.mark.sweep  # tests/ui adds it too, with the button
def test_enter_adds_a_pasted_network_and_stop_waits_for_a_measurement(page: Page, server: str) -> None:
    page.goto(f"{server}/compare?net=resnet18")
    settle(page)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Add a network").click()
    field = page.get_by_label("Link, or network as written in a link")
    field.fill("resnet18:width=48")
    field.press("Enter")
    expect(page).to_have_url(re.compile("net=resnet18%3Awidth%3D48|net=resnet18:width=48"))
    expect(networks(page)).to_have_count(2)
    no_traceback(page)


@pytest.mark.sweep  # tests/ui adds it too
def test_a_network_from_explore_stands_beside_its_preset(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=resnet20_cifar&shortcut=none")
    settle(page)
    page.get_by_role("button", name="Compare", exact=True).first.click()
    expect(page).to_have_url(re.compile(r"/compare\?net=resnet20_cifar&net=resnet20_cifar%3Ashortcut%3Dnone"))
    settle(page)
    expect(networks(page)).to_have_count(2)
    expect(page.get_by_text("Shortcut: parameter-free → none.")).to_be_visible()
    page.get_by_role("link", name="Explore").click()
    settle(page)
    expect(page.get_by_role("heading", name="resnet20_cifar")).to_be_visible()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_figures_are_files_for_a_slide(page: Page, server: str, tmp_path: Path) -> None:
    page.goto(f"{server}/compare?net=alexnet&net=vgg16&y=params")
    settle(page)
    for key, name in (("bars", "what-each-network-costs"), ("scatter", "parameters-over-macs")):
        drawn = chart(page, key)
        expect(drawn.locator(".main-svg").first).to_be_attached()
        with page.expect_download() as download:
            drawn.get_by_role("button", name="Save as SVG").click()
        assert download.value.suggested_filename == f"{name}.svg"
        download.value.save_as(tmp_path / "figure.svg")
        assert "alexnet" in (tmp_path / "figure.svg").read_text(encoding="utf-8")
    with page.expect_download() as download:
        chart(page, "depth").get_by_role("button", name="Save as PNG").click()
    download.value.save_as(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.sweep
def test_eight_deep_networks_are_shown_at_once(page: Page, server: str) -> None:
    parts = [f"net=resnet152:width={width}" for width in range(40, 48)]
    page.goto(f"{server}/compare?{'&'.join(parts)}")
    settle(page)
    expect(networks(page)).to_have_count(8)
    page.wait_for_function("""() => {
      const lines = document.querySelector(".st-key-compare-depth .live-chart")?._fullData ?? [];
      return lines.filter((line) => line.x.length === 152).length === 8;
    }""")
    no_traceback(page)
