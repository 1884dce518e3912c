"""Two clicks from Compare: two networks are trained, and their gradients are drawn beside each other meanwhile."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, act_as, no_traceback, settle

pytestmark = [pytest.mark.browser, pytest.mark.sweep]

MAPS = """() => [...document.querySelectorAll(".live-chart")].map((chart) => {
  const [map] = chart._fullData ?? [];
  return map && { type: map.type, layers: map.z.length, steps: map.x.length, ends: [map.zmin, map.zmax] };
})"""
BOTH = f"() => {{ const maps = ({MAPS})(); return maps.length === 2 && maps.every((map) => map?.steps > 0); }}"


def test_two_clicks_from_compare_to_two_maps(page: Page, app: App) -> None:
    act_as(page, app, "somebody")
    page.goto(f"{app.url}/compare?net=lenet5_tutorial&net=lenet5_tutorial:activation=sigmoid")
    settle(page)
    page.get_by_role("button", name="Compare their gradients").click()
    page.get_by_role("dialog").get_by_role("button", name="Train both").click()
    page.wait_for_url("**/inside?run=*&view=gradient-flow")
    page.wait_for_function(BOTH, timeout=120_000)
    first, second = page.evaluate(MAPS)
    assert first["type"] == second["type"] == "heatmap"
    assert first["layers"] == second["layers"] == 5
    assert first["ends"] == second["ends"]
    # That of the sigmoids does so in the first step at least.
    expect(page.get_by_text("The gradient vanishes on its way back").first).to_be_visible()
    no_traceback(page)
    page.get_by_role("radio", name="Weights").or_(page.get_by_role("button", name="Weights", exact=True)).click()
    expect(page.get_by_role("img", name="Weight norm of 5 layers")).to_have_count(2)
