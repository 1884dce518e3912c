"""The pages on a phone: nothing is wider than the screen, and what a page is about can be read on it."""

from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from cnnlab.architectures import preset
from cnnlab.runs import open_store
from cnnlab.training import Recipe
from tests.browser.conftest import App, no_traceback, settle

pytestmark = pytest.mark.browser

WIDTH = 390
PAGES = (
    "",
    "compare?ready=separable",
    "compare?net=mobilenet_v1_standard_conv&net=mobilenet_v1&guess=off",
    "convolution",
    "convolution?part=cost",
    "convolution?part=factors",
    "convolution?part=learn",
    "train",
    "runs",
)


FURTHER = ("convolution?part=factors", "convolution?part=learn", "train", "runs")
"""Pages that are looked at in the sweep only."""


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": WIDTH, "height": 844}, "has_touch": True}


def show(page: Page, server: str, address: str) -> None:
    page.goto(f"{server}/{address}")
    settle(page)


def box(place: Locator) -> dict[str, float]:
    """Where the place is, in pixels."""
    found = place.bounding_box()
    assert found is not None
    return {**found, "right": found["x"] + found["width"], "bottom": found["y"] + found["height"]}


def rows_of(cards: Locator) -> list[int]:
    """How many of the cards are in each row."""
    # All at once, because a page that is updated may move.
    tops = cards.evaluate_all("(nodes) => nodes.map((node) => Math.round(node.getBoundingClientRect().y))")
    return [tops.count(top) for top in dict.fromkeys(tops)]


def cut_words(page: Page) -> list[str]:
    """The words and numbers of the cards that end in an ellipsis."""
    words: list[str] = page.locator("[data-testid=stMetric] .stMarkdownEllipsis").evaluate_all(
        "(nodes) => nodes.filter((node) => node.scrollWidth > node.clientWidth).map((node) => node.textContent)"
    )
    return words


@pytest.mark.parametrize(
    "address", [pytest.param(page, marks=pytest.mark.sweep if page in FURTHER else ()) for page in PAGES]
)
def test_no_page_scrolls_sideways(page: Page, server: str, address: str) -> None:
    show(page, server, address)
    widths = page.evaluate("""() => ["html", "[data-testid=stMain]"].map((name) => {
      const node = document.querySelector(name);
      return node.scrollWidth - node.clientWidth;
    })""")
    assert widths == [0, 0]
    no_traceback(page)


def test_the_window_and_its_kernel_have_the_width_of_the_card(page: Page, server: str) -> None:
    show(page, server, "convolution")
    card = box(page.locator(".st-key-convolution-window"))
    picture, kernel, products, output = (
        box(page.locator(f".step-through .{name}")) for name in ("input svg", "kernel", "products", "output svg")
    )
    assert picture["width"] >= 250
    assert output["width"] >= 250
    for part in (picture, kernel, products, output):
        assert card["x"] <= part["x"] < part["right"] <= card["right"]
    assert picture["bottom"] < kernel["y"] < kernel["bottom"] < output["y"]
    for number in page.locator(".step-through .kernel input").all():
        assert box(number)["right"] <= card["right"]


def test_the_controls_stay_in_sight_while_the_picture_scrolls(page: Page, server: str) -> None:
    show(page, server, "convolution")
    page.locator(".step-through .input svg").scroll_into_view_if_needed()
    assert box(page.locator(".step-through .output"))["bottom"] > 844
    for name in ("first", "back", "play", "next", "last", "speed"):
        assert box(page.locator(f".step-through .{name}"))["bottom"] <= 844, name
    tops = {round(box(button)["y"]) for button in page.locator(".step-through .controls button").all()}
    assert len(tops) == 1


@pytest.mark.parametrize(
    ("address", "rows"), [("", [2, 2, 1]), ("convolution?part=cost", [2, 1]), ("convolution?part=factors", [2, 2])]
)
def test_two_numbers_are_in_a_row(page: Page, server: str, address: str, rows: list[int]) -> None:
    show(page, server, address)
    assert rows_of(page.get_by_test_id("stMetric")) == rows
    assert cut_words(page) == []


def test_two_numbers_of_a_run_are_in_a_row(page: Page, app: App) -> None:
    with closing(open_store(app.home)) as store:
        run = store.submit(preset("lenet5_tutorial"), Recipe(), name="waits", owner="someone")
        store.request_stop(run.id)
        show(page, app.url, f"runs?run={run.id}")
        assert rows_of(page.get_by_test_id("stMetric"))[:2] == [2, 2]
        # The list and its filter are what one sees first.
        assert rows_of(page.locator(".st-key-runs-filter > *"))[:2] == [2, 2]
        assert box(page.get_by_test_id("stDataFrame"))["y"] < 500
        assert cut_words(page) == []


def test_a_run_is_started_from_wherever_one_is(page: Page, server: str) -> None:
    show(page, server, "train")
    button = page.get_by_role("button", name="Train", exact=True)
    page.get_by_text("Mean brightness").scroll_into_view_if_needed()
    assert 700 < box(button)["y"] < box(button)["bottom"] <= 844
    assert box(button)["width"] >= 350


def test_the_results_of_a_layer_are_not_cut(page: Page, server: str) -> None:
    for part in ("cost", "factors"):
        show(page, server, f"convolution?part={part}")
        for result in page.locator("[data-testid=stTable], .katex-display, .drawing svg").all():
            if result.is_visible():
                assert box(result)["right"] <= WIDTH
                assert result.evaluate("(node) => node.scrollWidth <= node.clientWidth + 1")


def test_the_buttons_of_a_table_cover_no_others(page: Page, server: str) -> None:
    show(page, server, "")
    page.get_by_role("radio", name="Layers").click()
    settle(page)
    table = page.get_by_test_id("stDataFrame")
    table.hover()
    buttons = table.locator("xpath=..").get_by_test_id("stElementToolbarButtonContainer")
    assert box(buttons)["y"] >= box(page.get_by_role("radio", name="Layers"))["bottom"]


def test_the_bars_of_a_comparison_can_be_read(page: Page, server: str) -> None:
    show(page, server, "compare?net=mobilenet_v1_standard_conv&net=mobilenet_v1&guess=off")
    bars = page.locator(".st-key-compare-bars .barlayer .trace")
    page.wait_for_function("document.querySelectorAll('.st-key-compare-bars .barlayer .point').length === 6")
    panels = [[box(bar) for bar in panel.locator(".point path").all()] for panel in bars.all()]
    assert len(panels) == 3
    for panel in panels:
        assert max(bar["width"] for bar in panel) >= 150
    assert panels[0][-1]["bottom"] < panels[1][0]["y"] < panels[2][0]["y"]
    titles = page.locator(".st-key-compare-table thead th").all()
    assert [title.inner_text().split()[0] for title in titles[:4]] == ["Network", "Parameters", "MACs", "Activations"]
    assert box(titles[3])["right"] <= WIDTH
