"""The Explore page in Chromium: numbers and a drawing at once, knobs by key, sentences for the impossible, links."""

import re

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from cnnlab.analysis import analyse
from cnnlab.analysis.outline import outline
from cnnlab.architectures import FAMILIES, preset
from cnnlab.figures.network.ribbon import describe_network
from cnnlab.words.numbers import count
from tests.browser.conftest import metric, no_traceback, settle

pytestmark = pytest.mark.browser


def press(page: Page, knob: str, key: str, times: int = 1) -> None:
    """Keys on a slider; what follows from them is to be waited for."""
    page.locator(f".st-key-knob-{knob}-slider input").focus()
    for _ in range(times):
        page.keyboard.press(key)


def test_the_first_page_has_numbers_and_a_drawing(page: Page, server: str) -> None:
    page.goto(server)
    settle(page)
    expect(metric(page, "Parameters")).to_have_text("11.7 M")
    expect(metric(page, "MACs")).to_have_text("1.81 G")
    drawing = page.locator(".ribbon svg")
    expect(drawing).to_be_visible()
    report = analyse(preset("resnet18"))
    assert drawing.get_attribute("aria-label") == describe_network(report)
    expect(drawing.locator("[data-path]")).to_have_count(len(outline(report)))
    expect(page.get_by_role("img", name=re.compile("Share of MACs"))).to_be_visible()
    expect(page.get_by_text("Total params: 11,689,512")).to_be_attached()
    no_traceback(page)


@pytest.mark.sweep  # the thumb and Back do it too
def test_a_key_on_the_width_changes_the_numbers_and_the_address(page: Page, server: str) -> None:
    page.goto(server)
    settle(page)
    press(page, "resnet18-width", "ArrowLeft", times=2)
    narrower = analyse(preset("resnet18").replace(width=62))
    expect(metric(page, "Parameters")).to_have_text(count(narrower.params))
    expect(metric(page, "MACs")).to_have_text(count(narrower.macs))
    expect(page).to_have_url(re.compile(r"preset=resnet18&width=62"))
    expect(page.get_by_text(f"Total params: {narrower.params:,}")).to_be_attached()
    page.locator(".st-key-knob-resnet18-width-reset button").first.click()
    settle(page)
    expect(metric(page, "Parameters")).to_have_text("11.7 M")
    expect(page).not_to_have_url(re.compile("width"))


def test_a_key_right_after_a_change_was_taken_back_does_not_bring_it_again(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=resnet18&width=48&num_classes=10")
    settle(page)
    for times in range(1, 4):
        page.locator(".st-key-knob-resnet18-width-reset button").first.focus()
        page.keyboard.press("Enter")
        press(page, "resnet18-depths-1", "ArrowRight")
        settle(page)
        changed = preset("resnet18").replace(num_classes=10, depths=(2, 2 + times, 2, 2))
        expect(page).to_have_url(re.compile(f"num_classes=10&depths=2%2C{2 + times}%2C2%2C2$"))
        expect(metric(page, "Parameters")).to_have_text(count(analyse(changed).params))
        slider = page.locator("[class*=st-key-knob-resnet18-width-slider] input")
        expect(slider).to_have_value("64")
        slider.press("ArrowLeft")
        settle(page)


def test_the_slider_keeps_the_keyboard_while_keys_are_pressed(page: Page, server: str) -> None:
    page.goto(server)
    settle(page)
    press(page, "resnet18-width", "ArrowRight", times=3)
    expect(metric(page, "Parameters")).to_have_text(count(analyse(preset("resnet18").replace(width=67)).params))
    page.wait_for_function("document.activeElement.value === '67'")


def test_numbers_and_drawing_follow_the_thumb_and_what_is_typed(page: Page, server: str) -> None:
    page.goto(server)
    settle(page)
    slider = page.get_by_role("slider", name="Width of the first stage")
    typed = page.get_by_role("spinbutton", name="Width of the first stage")
    drawing, box = page.locator(".ribbon svg"), slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.evaluate("addEventListener('cnnlab:drag', ({ detail }) => { (window.drags ??= []).push(detail.id); })")
    page.mouse.down()
    # The thumb is held: nothing is released before the numbers have followed it twice.
    for share in (0.3, 0.8):
        page.mouse.move(box["x"] + share * box["width"], middle, steps=5)
        width = int(slider.input_value())
        report = analyse(preset("resnet18").replace(width=width))
        expect(metric(page, "Parameters")).to_have_text(count(report.params))
        expect(drawing).to_have_attribute("aria-label", describe_network(report))
        expect(typed).to_have_value(str(width))
    # It rests: the other parts of the page follow too, still without a release.
    expect(page.get_by_text(f"Total params: {report.params:,}")).to_be_attached()
    expect(page).to_have_url(re.compile(f"width={width}"))
    page.mouse.up()
    drags = page.evaluate("window.drags.length")
    assert drags >= 2, "what the thumb passes goes to the numbers and the drawing alone"
    for key, width in (("Home", 8), ("End", 128), ("PageDown", 116)):
        slider.press(key)
        expect(metric(page, "Parameters")).to_have_text(count(analyse(preset("resnet18").replace(width=width)).params))
    assert page.evaluate("window.drags.length") == drags, "a key is not a drag"
    typed.fill("500")
    typed.press("Enter")
    expect(metric(page, "Parameters")).to_have_text(count(analyse(preset("resnet18").replace(width=500)).params))
    expect(page).to_have_url(re.compile("width=500"))
    typed.fill("")
    typed.press("Tab")
    expect(typed).to_have_value("500")
    page.get_by_role("button", name="Reset Width of the first stage").click()
    expect(metric(page, "Parameters")).to_have_text("11.7 M")
    expect(page.get_by_role("button", name="Reset Width of the first stage")).to_have_count(0)
    expect(slider).to_be_focused()
    page.get_by_role("button", name="Help on Width of the first stage").focus()
    expect(page.get_by_role("tooltip").filter(has_text="Channels of the stem")).to_be_visible()
    no_traceback(page)


@pytest.mark.sweep  # as groups that do not divide
def test_a_kernel_larger_than_the_map_is_a_sentence(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=lenet5_tutorial&image_size=16")
    settle(page)
    press(page, "lenet5_tutorial-kernel_sizes-1", "ArrowRight", times=2)
    sentence = "The map is 6x6 when it reaches features.conv2, too small for its 7x7 window"
    expect(page.get_by_test_id("stAlert").get_by_text(sentence)).to_be_visible()
    expect(page.get_by_test_id("stSidebar").get_by_text(sentence)).to_be_attached()
    expect(page.get_by_test_id("stAlert").first).to_contain_text("or set Kernel of convolution 2 to 5")
    expect(metric(page, "Parameters")).to_have_text("156")
    expect(page.locator(".ribbon svg").get_by_text("stop")).to_be_visible()
    no_traceback(page)
    press(page, "lenet5_tutorial-kernel_sizes-1", "ArrowLeft", times=2)
    expect(page.get_by_text("too small for its")).to_have_count(0)


def test_groups_that_do_not_divide_are_a_sentence(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=resnet18&convolution=grouped&groups=3")
    settle(page)
    alert = page.get_by_test_id("stAlert")
    expect(alert.first).to_contain_text("64 / 3 is not a whole number: set Groups to 2 or 4")
    # One button stands below the sentence, one beside the knob; the group opens by itself.
    expect(page.get_by_role("button", name="Set Groups to 2", exact=True)).to_have_count(2)
    page.get_by_test_id("stSidebar").get_by_role("button", name="Set Groups to 4", exact=True).click()
    expect(alert).to_have_count(0)
    expect(page).to_have_url(re.compile("groups=4"))
    page.locator(".st-key-knob-resnet18-groups-number input").fill("3")
    page.keyboard.press("Enter")
    page.get_by_test_id("stMain").get_by_role("button", name="Set Groups to 2", exact=True).click()
    expect(alert).to_have_count(0)
    expect(page.locator(".st-key-knob-resnet18-groups-number input")).to_have_value("2")
    no_traceback(page)


@pytest.mark.sweep  # as a reload
def test_a_link_shows_the_same_network_in_another_browser(browser: Browser, page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=resnet34")
    settle(page)
    press(page, "resnet34-depths-2", "ArrowLeft", times=2)
    press(page, "resnet34-width", "ArrowLeft")
    expect(page).to_have_url(re.compile("depths=3%2C4%2C4%2C3"))
    expect(page).to_have_url(re.compile("width=63"))
    other = browser.new_context().new_page()
    other.goto(page.url)
    settle(other)
    changed = analyse(preset("resnet34").replace(depths=(3, 4, 4, 3), width=63))
    for shown in (page, other):
        expect(metric(shown, "Parameters")).to_have_text(count(changed.params))
    expect(other.locator(".st-key-knob-resnet34-depths-2-slider input")).to_have_value("4")
    other.context.close()


def test_nonsense_in_a_link_is_named_and_the_rest_is_used(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=resnet18&width=48&norm=%3Cb%3Eloud%3C/b%3E&colour=red&depths=2,x")
    settle(page)
    alert = page.get_by_test_id("stAlert")
    for refused in (
        "Normalisation must be one of its choices, and it is '<b>loud</b>'",
        "colour is not a knob of ResNet",
        "depths",
    ):
        expect(alert).to_contain_text(refused)
    expect(alert.locator("b")).to_have_count(0)
    expect(metric(page, "Parameters")).to_have_text(count(analyse(preset("resnet18").replace(width=48)).params))
    no_traceback(page)


@pytest.mark.sweep  # as nonsense in a link
def test_an_unknown_preset_falls_back_with_a_sentence(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=resnet19")
    settle(page)
    expect(page.get_by_test_id("stAlert")).to_contain_text("did you mean resnet18?")
    expect(metric(page, "Parameters")).to_have_text("11.7 M")


def test_long_lists_are_changed_and_reset_in_a_table(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=googlenet_mnist")
    settle(page)
    original = preset("googlenet_mnist")
    channels = original.values["branch1x1"]
    assert isinstance(channels, tuple)
    page.locator("[class*=st-key-lists-googlenet] .dvn-scroller").first.click(position={"x": 260, "y": 55})
    page.keyboard.press("Enter")
    field = page.locator("#portal input")
    expect(field).to_have_value(str(channels[0]))
    field.fill("40")
    page.keyboard.press("Enter")
    changed = original.replace(branch1x1=(40, *channels[1:]))
    expect(metric(page, "MACs")).to_have_text(count(analyse(changed).macs))
    expect(page).to_have_url(re.compile("branch1x1=40"))
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(metric(page, "MACs")).to_have_text(count(analyse(original).macs))
    expect(page).not_to_have_url(re.compile("branch1x1"))


def test_a_click_on_a_slab_opens_its_layers(page: Page, server: str) -> None:
    page.goto(server)
    settle(page)
    page.locator('[data-path="stages.1.0"]').click()
    settle(page)
    expect(
        page.get_by_text("3×3 window × 64 input channels each × 128 output channels = 73\u202f728 parameters")
    ).to_be_visible()
    page.locator('[data-path="stages.1.0"]').press("Enter")
    settle(page)
    expect(page.get_by_text("input channels each")).to_have_count(0)


def test_the_charts_are_updated_in_place(page: Page, server: str) -> None:
    page.goto(server)
    settle(page)
    chart = page.locator(".st-key-explore-maps canvas")
    pixels = "node => node.toDataURL()"
    before = chart.evaluate(pixels)
    chart.evaluate("node => { node.marked = true; }")
    press(page, "resnet18-depths-0", "ArrowRight")
    settle(page)
    assert chart.evaluate(pixels) != before
    assert chart.evaluate("node => node.marked")


@pytest.mark.sweep  # tests/ui and tests/export read the code
def test_the_code_of_the_network_is_shown(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=lenet5_d2l")
    settle(page)
    page.get_by_role("button", name="Code", exact=True).click()
    settle(page)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("class LeNet(nn.Module)")
    expect(dialog).to_contain_text('activation="sigmoid"')
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "lenet5_d2l.py"


def test_the_meaning_of_the_numbers_is_one_click_away(page: Page, server: str) -> None:
    page.goto(server)
    settle(page)
    page.get_by_role("button", name="What do these numbers mean?").click()
    expect(page.get_by_role("dialog")).to_contain_text("torchinfo")


UNLIKE = {"googlenet", "torchvision:squeezenet1_0"}
"""One with branches, one without knobs: no other test opens a page of their kind."""
ALL_PRESETS = [name for family in FAMILIES.values() for name in family.presets]


@pytest.mark.parametrize(
    "name", [name if name in UNLIKE else pytest.param(name, marks=pytest.mark.sweep) for name in ALL_PRESETS]
)
def test_every_preset_is_shown(page: Page, server: str, name: str) -> None:
    page.goto(f"{server}/?preset={name}")
    settle(page)
    expect(page.get_by_text(f"Total params: {analyse(preset(name)).params:,}")).to_be_attached()
    expect(page.locator(".ribbon svg")).to_be_visible()
    no_traceback(page)


def test_a_first_visit_is_compressed_and_loads_no_plotly(page: Page, server: str) -> None:
    answers: list[Response] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    page.on("response", keep)
    page.goto(server)
    settle(page)
    scripts = [answer for answer in answers if answer.url.endswith(".js")]
    assert len(scripts) > 10
    assert all(answer.headers["content-encoding"] == "gzip" for answer in scripts)
    assert not [answer.url for answer in answers if "plotly" in answer.url]


@pytest.mark.sweep  # what text and layout alone decide
def test_torchinfos_table_is_in_its_box_and_a_link_that_was_shared_is_kept_quietly(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=resnet18&fbclid=abc&utm_source=mail")
    settle(page)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    expect(page).to_have_url(re.compile("fbclid=abc&utm_source=mail"))
    widths = page.get_by_test_id("stCode").locator("pre").evaluate("node => [node.scrollWidth, node.clientWidth]")
    assert widths[0] <= widths[1]
    typed = page.get_by_role("spinbutton", name="Width of the first stage")
    typed.fill("9" * 300)
    typed.press("Enter")
    settle(page)
    page.goto(f"{server}/?preset=resnet18&width={'9' * 6000}")
    settle(page)
    expect(page.get_by_test_id("stAlert").first).to_contain_text("Width of the first stage must be")
    assert len(page.get_by_test_id("stAlert").first.inner_text()) < 600
    no_traceback(page)
