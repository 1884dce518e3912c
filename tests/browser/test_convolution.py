"""The Convolution page in Chromium: a window that walks without the server, typed kernels, links, a learned kernel."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from cnnlab.analysis.convolution.one_layer import OneLayer, layer_costs
from cnnlab.insight.one_layer.window import Map, Sliding, stages
from cnnlab.words.numbers import macs
from tests.browser.conftest import settle

pytestmark = pytest.mark.browser

RESULT = re.compile(r"Row (\d+), column (\d+): .* = (\S+)$")


def show(page: Page, server: str, address: str = "") -> None:
    page.goto(f"{server}/convolution?{address}")
    settle(page)


def answer(page: Page) -> Locator:
    """The output map, which takes keys."""
    return page.locator(".step-through .output svg")


def place(page: Page) -> tuple[int, int, float]:
    """Row and column, from 0, and the number that the page says was computed there."""
    found = RESULT.search(page.locator(".step-through .result").inner_text())
    assert found, page.locator(".step-through .result").inner_text()
    return int(found[1]) - 1, int(found[2]) - 1, number(found[3])


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def products(page: Page) -> list[float]:
    return [number(text) for text in page.locator(".step-through .products b").all_inner_texts()]


def agrees(page: Page, output: Map) -> bool:
    """Whether the sum on the page, and the products that it is of, are what torch computed for that place."""
    row, column, result = place(page)
    is_right = result == pytest.approx(output.values[row][column], abs=0.006)
    return is_right and sum(products(page)) == pytest.approx(result, abs=0.06)


_WALK = """() => {
  const page = document.querySelector(".step-through"), seen = [];
  const text = (node) => node.textContent.replaceAll("−", "-");
  page.querySelector(".first").click();
  for (let left = page.querySelectorAll(".output .cell").length; left > 0; left -= 1) {
    const products = [...page.querySelectorAll(".products b")].map(text);
    seen.push({ line: text(page.querySelector(".result")), products });
    page.querySelector(".next").click();
  }
  return seen;
}"""


def check_walk(page: Page, output: Map, *, has_products: bool = True) -> None:
    """At every place, in their order, the sum on the page and the products that it is of are torch's."""
    walk = page.evaluate(_WALK)
    wide = len(output.values[0])
    assert len(walk) == len(output.values) * wide
    for step, at in enumerate(walk):
        found = RESULT.search(at["line"])
        assert found, at["line"]
        row, column = divmod(step, wide)
        assert (int(found[1]) - 1, int(found[2]) - 1) == (row, column)
        assert float(found[3]) == pytest.approx(output.values[row][column], abs=0.006)
        if has_products:
            assert sum(map(float, at["products"])) == pytest.approx(float(found[3]), abs=0.06)


def test_the_first_screen_shows_a_window_on_a_digit(page: Page, server: str) -> None:
    show(page, server)
    (stage,) = stages(Sliding())
    expect(page.locator(".step-through .input .cell")).to_have_count(64)
    shown = page.locator(".step-through .output text.number").all_text_contents()
    assert [number(text) for text in shown] == [value for row in stage.outputs[0].values for value in row]
    assert agrees(page, stage.outputs[0])
    expect(page.get_by_text("8×8 positions × 3×3 weights = 576 multiplications")).to_be_visible()
    # All of it is there without scrolling.
    expect(page.get_by_role("button", name="Play")).to_be_in_viewport()


WALKS: list[dict[str, Any]] = [
    {"kernel": "blur", "kernel_size": 5, "padding": 2},
    {"operation": "convolution", "kernel": "emboss", "stride": 2, "dilation": 2},
    {"picture": "shapes", "kernel": "random", "padding": 0, "out_channels": 2},
    {"operation": "max_pooling", "kernel_size": 2, "stride": 2, "padding": 1},
    {"operation": "average_pooling", "kernel_size": 3, "stride": 2},
]


def test_the_sum_at_each_place_is_torchs(page: Page, server: str) -> None:
    for values in WALKS:
        show(page, server, "&".join(f"{name}={value}" for name, value in values.items()))
        (stage,) = stages(Sliding(**values))
        for i, output in enumerate(stage.outputs):
            if i > 0:
                page.get_by_role("button", name=output.name).click()
            check_walk(page, output, has_products=stage.combine == "sum")


def test_keys_and_clicks_move_the_window_without_the_server(page: Page, server: str) -> None:
    sent: list[Any] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    show(page, server)
    answer(page).focus()
    before = len(sent)
    assert before > 0
    for key, expected in (
        ("Home", (0, 0)),
        ("ArrowUp", (0, 0)),
        ("ArrowRight", (0, 1)),
        ("ArrowDown", (1, 1)),
        ("ArrowLeft", (1, 0)),
        ("End", (7, 7)),
        ("ArrowDown", (7, 7)),
        ("ArrowRight", (7, 7)),
    ):
        page.keyboard.press(key)
        assert place(page)[:2] == expected, key
    page.locator('.step-through .output [data-place="19"]').click()
    assert place(page)[:2] == (2, 3)
    assert answer(page).get_attribute("aria-valuenow") == "20"
    assert str(answer(page).get_attribute("aria-valuetext")).startswith("Row 3, column 4: ")
    page.locator(".step-through .speed input").fill("6")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('.step-through .result').textContent.startsWith('Row 2, column 1')")
    page.get_by_role("button", name="Pause").click()
    later = page.locator(".step-through .output .cell.later")
    row, column, _ = place(page)
    expect(later).to_have_count(63 - 8 * row - column)
    answer(page).press(" ")
    page.wait_for_function("document.querySelector('.step-through .result').textContent.startsWith('Row 8, column 8')")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(later).to_have_count(0)
    assert len(sent) == before


def test_where_the_window_rests_is_in_the_address(browser: Browser, page: Page, server: str) -> None:
    show(page, server, "kernel=blur&row=3&column=5")
    assert place(page)[:2] == (2, 4)
    answer(page).press("ArrowDown")
    expect(page).to_have_url(re.compile(r"\?part=steps&kernel=blur&row=4&column=5$"))
    page.locator(".st-key-convolution-knob-steps-kernel-choice input").click()
    page.get_by_role("option", name="sharpen").click()
    expect(page).to_have_url(re.compile(r"kernel=sharpen&row=4&column=5$"))
    settle(page)
    other = browser.new_context().new_page()
    other.goto(page.url)
    settle(other)
    assert place(other)[:2] == (3, 4)
    other.context.close()
    # The other parts have no window.
    page.get_by_role("radio", name="Cost").click()
    expect(page).to_have_url(re.compile(r"\?part=cost$"))


def test_depthwise_then_pointwise_are_played_one_after_the_other(page: Page, server: str) -> None:
    show(page, server, "operation=depthwise_separable&picture=edges&padding=0&out_channels=2")
    depthwise, pointwise = stages(Sliding(operation="depthwise_separable", picture="edges", padding=0, out_channels=2))
    assert agrees(page, depthwise.outputs[0])
    page.locator(".step-through .speed input").fill("6")
    page.get_by_role("button", name="Play").click()
    second = page.get_by_role("button", name=pointwise.title)
    expect(second).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name=pointwise.outputs[1].name)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert place(page)[:2] == (3, 5)
    assert place(page)[2] == pytest.approx(pointwise.outputs[1].values[3][5])


@pytest.mark.sweep  # tests/ui types it too
def test_a_typed_number_makes_a_new_map_and_is_in_the_address(browser: Browser, page: Page, server: str) -> None:
    show(page, server)
    box = page.get_by_label("Weight in row 2, column 2")
    box.fill("x")
    box.press("Tab")
    expect(box).to_have_attribute("aria-invalid", "true")
    box.fill("1/2")
    box.press("Tab")
    expect(page).to_have_url(re.compile(r"kernel=typed"))
    settle(page)
    text = "1 0 -1; 2 0.5 -2; 1 0 -1"
    (stage,) = stages(Sliding(kernel="typed", weights=text))
    expect(page.get_by_role("textbox", name="Typed kernel")).to_have_value(text)
    assert agrees(page, stage.outputs[0])
    other = browser.new_context().new_page()
    other.goto(page.url)
    settle(other)
    expect(other.get_by_label("Weight in row 2, column 2")).to_have_value("0.5")
    assert agrees(other, stage.outputs[0])
    other.context.close()


@pytest.mark.sweep
def test_the_separable_comparison_is_two_clicks_from_the_first_page(page: Page, server: str) -> None:
    page.goto(server)
    settle(page)
    page.get_by_role("link", name="Convolution").click()
    page.get_by_role("radio", name="Cost").click()
    settle(page)
    costs = layer_costs(OneLayer())
    values = page.get_by_test_id("stMetricValue")
    expect(values).to_have_text([macs(cost.macs) for cost in costs.values()])
    expect(page).to_have_url(re.compile(r"/convolution\?part=cost"))
    expect(page.locator(".katex-error, .stException")).to_have_count(0)
    expect(page.locator(".katex-html").first).to_be_visible()
    expect(page.locator(".st-key-convolution-ratio .main-svg").first).to_be_attached()
    page.get_by_role("radio", name="Factorise").click()
    page.get_by_role("radio", name="Inception module").click()
    expect(page.locator(".drawing svg")).to_have_attribute("aria-label", re.compile("Inception 3a"))
    expect(page).to_have_url(re.compile("pair=inception"))


@pytest.mark.sweep
def test_a_kernel_is_learned_while_one_looks(page: Page, server: str) -> None:
    show(page, server, "part=learn&steps=12")
    kernel = page.locator(".st-key-learn-kernel .live-chart")

    def distance() -> float:
        """How far the learned kernel is from 1, -1, at most."""
        first, second = re.findall(r"-?[\d.]+\d", str(kernel.get_attribute("aria-label")))
        return max(abs(float(first) - 1), abs(float(second) + 1))

    begin = distance()
    page.get_by_role("button", name="Learn", exact=True).click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.wait_for_function("document.querySelector('.st-key-learn-loss .live-chart')._fullData[0].y.length > 3")
    expect(page.get_by_role("button", name="Learn again")).to_be_visible(timeout=60_000)
    page.wait_for_function("document.querySelector('.st-key-learn-loss .live-chart')._fullData[0].y.length === 13")
    assert distance() < min(0.15, begin)


@pytest.mark.sweep  # what the layout alone decides
@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_the_buttons_that_take_a_change_back_cover_no_control(page: Page, server: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    show(page, server, "part=steps&stride=2&padding=2&dilation=2&kernel=blur")
    if width < 1000:
        page.get_by_test_id("stExpandSidebarButton").click()
    resets = page.locator(".slider-reset.offered button")
    expect(resets).to_have_count(3)
    for reset in resets.all():
        reset.scroll_into_view_if_needed()
        box = reset.bounding_box()
        assert box is not None
        # What one hits in its middle and at its edges is the button itself.
        for x in (0.1, 0.5, 0.9):
            point = [box["x"] + x * box["width"], box["y"] + box["height"] / 2]
            assert reset.evaluate("(node, [x, y]) => node.contains(document.elementFromPoint(x, y))", point)
    for control in page.locator(".sliders input:visible").all():
        control.scroll_into_view_if_needed()
        box = control.bounding_box()
        assert box is not None
        point = [box["x"] + box["width"] - 2, box["y"] + box["height"] / 2]
        assert control.evaluate("(node, [x, y]) => !document.elementFromPoint(x, y)?.closest('.slider-reset')", point)
