"""The Train page's data in Chromium: own images imported and trained on, a zip that is refused, seeds as a band."""

import io
import re
import time
import zipfile
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import App, settle

pytestmark = pytest.mark.browser

PATIENCE_SECONDS = 120

TRACES = """() => (document.querySelector(".st-key-train-accuracy .live-chart")?._fullData ?? [])
    .map((trace) => ({ fill: trace.fill, y: [...trace.y] }))"""


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"It did not happen within {PATIENCE_SECONDS} s."
        time.sleep(0.05)


def zipped(*classes: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for place, label in enumerate(classes):
            for i in range(10):
                picture = io.BytesIO()
                Image.new("RGB", (9, 9), (200 * place + i, 0, 200)).save(picture, "PNG")
                archive.writestr(f"{label}/{i}.png", picture.getvalue())
    return file.getvalue()


def import_images(page: Page, name: str, content: bytes) -> None:
    page.get_by_role("button", name="Import your own images").click()
    dialog = page.get_by_role("dialog")
    file: FilePayload = {"name": name, "mimeType": "application/zip", "buffer": content}
    dialog.locator("input[type=file]").set_input_files(file)
    button = dialog.get_by_role("button", name="Import", exact=True)
    expect(button).to_be_enabled()
    button.click()


@pytest.fixture(scope="module")
def own(start_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory) -> App:
    """An app of its own: what is imported stays out of the other tests' lists."""
    return start_app(tmp_path_factory.mktemp("own"))


def test_own_images_are_imported_trained_on_and_deleted(page: Page, own: App) -> None:
    page.goto(f"{own.url}/train?preset=lenet5_tutorial&epochs=2")
    settle(page)
    import_images(page, "<b>my pets.zip", zipped("cat", "dog"))
    expect(page).to_have_url(re.compile(r"dataset=own%3Ab-my-pets-[0-9a-f]{8}"))
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", name="<b>my pets", exact=True)).to_be_visible()
    expect(page.get_by_text("dog", exact=True).first).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(".stMarkdownBadge").filter(has_text="done")).to_be_visible(timeout=90_000)
    settle(page)
    page.get_by_role("button", name="Show the data").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete these images").click()
    page.get_by_role("button", name="Delete permanently").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("dataset="))
    expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.mark.sweep  # tests/ui and tests/data refuse many kinds
def test_a_zip_that_cannot_be_a_set_is_a_sentence(page: Page, own: App) -> None:
    page.goto(f"{own.url}/train")
    settle(page)
    import_images(page, "one.zip", zipped("cat"))
    expect(page.get_by_role("dialog").get_by_test_id("stAlert")).to_contain_text("There is only one class, 'cat'")
    expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.mark.sweep
def test_seeds_are_drawn_as_a_band(page: Page, own: App) -> None:
    page.goto(f"{own.url}/train?dataset=digits&epochs=2&batch_size=128")
    settle(page)
    seeds = page.get_by_test_id("stNumberInputField").and_(page.get_by_label("Number of seeds"))
    seeds.fill("3")
    seeds.press("Enter")
    settle(page)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page).to_have_url(re.compile(r"run=\w+&run=\w+&run=\w+"))
    wait_until(lambda: [len(trace["y"]) for trace in page.evaluate(TRACES)] == [2, 2, 2])
    low, high, mean = page.evaluate(TRACES)
    assert all(a <= m <= b for a, m, b in zip(low["y"], mean["y"], high["y"], strict=True))
    expect(page.get_by_test_id("stException")).to_have_count(0)
