"""Back and Forward in Chromium: each leads to the state that its address describes, on every page."""

import re
from contextlib import closing

import pytest
from playwright.sync_api import Locator, Page, expect

from cnnlab.analysis import analyse
from cnnlab.architectures import NetworkSpec, preset
from cnnlab.runs import open_store
from cnnlab.training import Recipe
from cnnlab.words.numbers import count
from tests.browser.conftest import App, metric, no_traceback, settle

pytestmark = pytest.mark.browser

RESNET = preset("resnet18")


def slider(page: Page, knob: str) -> Locator:
    """The slider of a knob, which is renewed when its value changes elsewhere."""
    return page.locator(f"[class*=st-key-knob-resnet18-{knob}-slider] input")


def press(page: Page, knob: str, key: str, times: int) -> None:
    slider(page, knob).focus()
    for _ in range(times):
        page.keyboard.press(key)


def shows(page: Page, spec: NetworkSpec) -> None:
    """The numbers, the summary, and the knobs are of this network."""
    settle(page)
    expect(metric(page, "Parameters")).to_have_text(count(analyse(spec).params))
    expect(page.get_by_text(f"Total params: {analyse(spec).params:,}")).to_be_attached()
    expect(slider(page, "width")).to_have_value(str(spec.values["width"]))


def test_back_and_forward_turn_the_knobs_of_a_network(page: Page, server: str) -> None:
    page.goto(f"{server}/?preset=resnet18&num_classes=10")
    settle(page)
    first, narrow = RESNET.replace(num_classes=10), RESNET.replace(num_classes=10, width=60)
    press(page, "width", "ArrowLeft", times=4)
    shows(page, narrow)
    press(page, "depths-0", "ArrowRight", times=1)
    deep = narrow.replace(depths=(3, 2, 2, 2))
    shows(page, deep)
    # The four presses are one entry.
    for go, spec, query in (
        (page.go_back, narrow, "num_classes=10&width=60"),
        (page.go_back, first, "num_classes=10"),
        (page.go_forward, narrow, "num_classes=10&width=60"),
        (page.go_forward, deep, "num_classes=10&width=60&depths=3%2C2%2C2%2C2"),
    ):
        go()
        expect(page).to_have_url(re.compile(re.escape(query) + "$"))
        shows(page, spec)
    # What is changed after Back goes on from there, and a reload shows the same.
    page.go_back()
    shows(page, narrow)
    press(page, "width", "ArrowRight", times=1)
    shows(page, RESNET.replace(num_classes=10, width=61))
    page.reload()
    shows(page, RESNET.replace(num_classes=10, width=61))
    page.go_back()
    shows(page, narrow)
    no_traceback(page)


def test_back_leads_to_the_networks_that_were_compared(page: Page, server: str) -> None:
    page.goto(f"{server}/compare?net=resnet18&net=vgg16")
    settle(page)
    rows = page.locator(".st-key-compare-table tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Make baseline").first.click()
    expect(page).to_have_url(re.compile("baseline=2"))
    settle(page)
    page.get_by_role("button", name="Remove").last.click()
    expect(rows).to_have_count(1)
    settle(page)
    page.get_by_role("link", name="Convolution").click()
    expect(page).to_have_url(re.compile("/convolution.part=steps"))
    settle(page)
    page.go_back()
    expect(page).to_have_url(re.compile(r"/compare\?net="))
    expect(rows).to_have_count(1)
    settle(page)
    page.go_back()
    expect(rows).to_have_count(2)
    expect(page).to_have_url(re.compile(r"/compare\?net=resnet18&net=vgg16&baseline=2$"))
    settle(page)
    page.go_back()
    expect(page).to_have_url(re.compile(r"/compare\?net=resnet18&net=vgg16$"))
    expect(rows.first).to_contain_text("baseline")
    expect(rows.first).to_contain_text("resnet18")
    no_traceback(page)


def test_parameters_that_come_before_the_path_of_their_page_are_no_entry(page: Page, server: str) -> None:
    page.goto(f"{server}/compare?net=resnet18&net=vgg16")
    settle(page)
    came_from = page.url
    for passing in ("/compare?part=cost", "/compare"):
        # The two changes that a slow browser makes of one change of the page.
        for address in (passing, "/convolution?part=cost"):
            page.evaluate("address => history.pushState({}, '', address)", address)
        expect(page).to_have_url(f"{server}/convolution?part=cost")
        page.go_back()
        expect(page).to_have_url(came_from)
        expect(page.locator(".st-key-compare-table tbody tr")).to_have_count(2)
        settle(page)
    no_traceback(page)


def test_back_leads_to_the_part_and_the_place_on_the_convolution_page(page: Page, server: str) -> None:
    page.goto(f"{server}/convolution?part=steps&kernel=blur&row=3&column=5")
    settle(page)
    result = page.locator(".step-through .result")
    page.locator(".st-key-convolution-knob-steps-kernel-choice input").click()
    page.get_by_role("option", name="sharpen").click()
    expect(page).to_have_url(re.compile("kernel=sharpen&row=3&column=5"))
    settle(page)
    page.locator('.step-through .output [data-place="0"]').click()
    expect(page).to_have_url(re.compile("kernel=sharpen&row=1&column=1"))
    page.get_by_role("radio", name="Cost").click()
    expect(page).to_have_url(re.compile("part=cost$"))
    settle(page)
    page.go_back()
    expect(result).to_contain_text("Row 1, column 1")
    expect(page.get_by_role("radio", name="Step through")).to_be_checked()
    settle(page)
    page.go_back()
    expect(page).to_have_url(re.compile("kernel=blur&row=3&column=5"))
    expect(result).to_contain_text("Row 3, column 5")
    settle(page)  # until then the box that is replaced may stand beside the new one
    expect(page.locator("[class*=st-key-convolution-knob-steps-kernel-choice] input")).to_have_value(
        re.compile("^blur")
    )
    no_traceback(page)


def test_back_leads_to_the_recipe_and_to_the_runs_that_were_listed(page: Page, app: App) -> None:
    with closing(open_store(app.home)) as store:
        store.request_stop(store.submit(preset("lenet5_tutorial"), Recipe(dataset="digits"), owner="somebody").id)
    page.goto(f"{app.url}/train?preset=lenet5_tutorial&dataset=digits&epochs=4")
    settle(page)
    epochs = page.locator("[class*=st-key-recipe-knob-epochs-slider] input")
    epochs.focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("epochs=5"))
    settle(page)
    page.get_by_role("link", name="Runs").click()
    name = page.get_by_label("Name contains")
    expect(page).to_have_url(re.compile("/runs.run="))
    settle(page)
    name.fill("nobody")
    name.press("Enter")
    expect(page.get_by_text("No run matches.")).to_be_visible()
    settle(page)
    page.go_back()
    expect(page.get_by_text("No run matches.")).to_have_count(0)
    expect(name).to_have_value("")
    settle(page)
    page.go_back()
    expect(epochs).to_have_value("5")
    settle(page)
    page.go_back()
    expect(epochs).to_have_value("4")
    expect(page).to_have_url(re.compile("epochs=4"))
    no_traceback(page)


@pytest.mark.sweep  # as the other states of Compare
def test_back_leads_to_whether_one_guesses_first(page: Page, server: str) -> None:
    page.goto(f"{server}/compare")
    settle(page)
    switch = page.get_by_role("switch", name="Guess first")
    expect(switch).to_be_checked()
    page.get_by_text("Guess first").click()
    expect(page).to_have_url(re.compile("guess=off"))
    settle(page)
    page.go_back()
    expect(page).to_have_url(re.compile("guess=on"))
    expect(switch).to_be_checked()
    expect(page.locator(".st-key-guess-card")).to_be_visible()
    no_traceback(page)


def test_no_sidebar_of_another_page_stays(page: Page, server: str) -> None:
    sidebar = page.get_by_test_id("stSidebar")
    page.goto(f"{server}/?preset=resnet20_cifar")
    settle(page)
    expect(sidebar).to_be_visible()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page).to_have_url(re.compile(r"/compare\?net="))
    settle(page)
    expect(sidebar).to_be_hidden()
