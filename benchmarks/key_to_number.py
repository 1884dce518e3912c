"""From key press to new numbers, drawing and figures: the Explore page against one slider and one text, in Chromium.

    python -m benchmarks.key_to_number [--preset resnet18] [--rounds 40] [--width 1280]
    python -m benchmarks.key_to_number --preset resnet50 --drag 10

Both servers run at once; the key presses take turns, from when the machine is idle. Prints medians in milliseconds and
their ratio to the text of the simplest page, which is the figure that counts: machines differ, and a shared one is
noisy. The simplest page is served by Streamlit as it comes, without the lab's settings: most of its time is the
collection of garbage after each run. A width of 390 pixels is that of a telephone. With `--drag`, prints how often a
second the numbers change while the thumb of a slider is moved for two seconds, in the best and the median of rounds.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]

SIMPLEST = """
import streamlit as st
width = st.slider("width", 8, 128, 64, key="width")
st.text(f"{width * 1000}")
"""

READY = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"

STAMP = """
let drawn = 0;
const stroke = CanvasRenderingContext2D.prototype.stroke;
CanvasRenderingContext2D.prototype.stroke = function (...path) {
  stroke.apply(this, path);
  this.canvas.dataset.drawn = ++drawn;
};
"""
"""A canvas shows nothing in the document when it is drawn: this numbers each line on it."""

WATCH = """
(places) => {
  const shown = ([selector, attribute]) => {
    const node = document.querySelector(selector);
    return attribute ? node?.getAttribute(attribute) : node?.textContent;
  };
  const before = places.map(shown);
  window.changed = new Promise((resolve) => {
    let pressed;
    const taken = places.map(() => undefined);
    document.addEventListener("keydown", () => { pressed = performance.now(); }, { once: true, capture: true });
    const observer = new MutationObserver(() => {
      if (pressed === undefined) return;
      places.forEach((place, i) => {
        const now = shown(place);
        if (taken[i] === undefined && now && now !== before[i]) taken[i] = performance.now() - pressed;
      });
      if (taken.includes(undefined)) return;
      observer.disconnect();
      resolve(taken);
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  });
}
"""

PLACES = {
    "simplest": {"text": ["[data-testid=stText]", None]},
    "explore": {
        "numbers": ["[data-testid=stMetricValue]", None],
        "ribbon": [".ribbon svg", "aria-label"],
        "last figure": [".st-key-explore-maps canvas", "data-drawn"],
        "summary": ["[data-testid=stCode]", None],
    },
}
"""What is waited for on each page: a selector, and the attribute that changes, or None for the text."""


@contextmanager
def served(script: Path, home: Path) -> Iterator[str]:
    """The address of a Streamlit server that runs `script` until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *options]
    environment = {**os.environ, "CNNLAB_HOME": str(home)}
    with subprocess.Popen(command, cwd=script.parent, env=environment, stdout=subprocess.DEVNULL) as server:
        address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 60
        try:
            while time.monotonic() < deadline:
                try:
                    with urlopen(f"{address}/_stcore/health"):
                        break
                except URLError:
                    time.sleep(0.1)
            yield address
        finally:
            server.terminate()


def wait_until_idle() -> None:
    """Until the machine has little to do, or a minute: after its start the lab gets a process ready for runs."""
    deadline = time.monotonic() + 60
    while psutil.cpu_percent(interval=3) > 10 and time.monotonic() < deadline:
        pass


def press(page: Page, slider: str, places: dict[str, list[str | None]], key: str) -> dict[str, float]:
    """Milliseconds from a key press on the slider until each of the places shows something else."""
    page.locator(slider).focus()
    page.evaluate(WATCH, list(places.values()))
    page.keyboard.press(key)
    taken: list[float] = page.evaluate("window.changed")
    page.wait_for_selector(READY)
    return dict(zip(places, taken, strict=True))


SIDEBAR_WIDTH = 768
"""Pixels: on narrower pages Streamlit's sidebar is closed at first."""

WATCH_NUMBERS = """
() => {
  window.frames = new Set();
  window.observer?.disconnect();
  window.observer = new MutationObserver(() => {
    const texts = [...document.querySelectorAll("[data-testid=stMetricValue]")].map((node) => node.textContent);
    window.frames.add(texts.join());
  });
  window.observer.observe(document.body, { subtree: true, childList: true, characterData: true });
}
"""


def drag(page: Page, slider: str, seconds: float = 2) -> float:
    """How many different numbers a second are shown while the thumb is moved from end to end of a slider."""
    box = page.locator(slider).bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.evaluate(WATCH_NUMBERS)
    begin = time.monotonic()
    while (passed := time.monotonic() - begin) < seconds:
        page.mouse.move(box["x"] + box["width"] * passed / seconds, middle)
        time.sleep(0.015)
    frames: int = page.evaluate("window.frames.size")
    passed = time.monotonic() - begin
    page.mouse.up()
    page.wait_for_selector(READY)
    return frames / passed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="resnet18")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--width", type=int, default=1280, help="of the page, in pixels")
    parser.add_argument("--drag", type=int, default=0, help="rounds in which a slider is dragged instead")
    parser.add_argument("--chromium", default=os.environ.get("CNNLAB_CHROMIUM") or shutil.which("chromium"))
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        simplest = folder / "simplest.py"
        simplest.write_text(SIMPLEST)
        addresses = {
            "simplest": stack.enter_context(served(simplest, folder)),
            "explore": stack.enter_context(served(ROOT / "app.py", folder)) + f"/?preset={arguments.preset}",
        }
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=arguments.chromium,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"],
        )
        sliders = {"simplest": "input[type=range]", "explore": "[class*=width-slider] input[type=range]"}
        pages = {}
        for name, address in addresses.items():
            pages[name] = browser.new_page(viewport={"width": arguments.width, "height": 900})
            pages[name].add_init_script(STAMP)
            pages[name].goto(address)
            pages[name].wait_for_selector(READY, timeout=60_000)
            if name == "explore" and arguments.width < SIDEBAR_WIDTH:
                pages[name].get_by_test_id("stExpandSidebarButton").click()  # on a telephone it is closed at first
            for selector, _ in PLACES[name].values():
                pages[name].wait_for_selector(selector, state="attached", timeout=60_000)
        wait_until_idle()
        if arguments.drag:
            rates = [drag(pages["explore"], sliders["explore"]) for _ in range(arguments.drag)]
            print(f"drag {max(rates):.1f} numbers a second at best, median {statistics.median(rates):.1f}")
            return
        taken: dict[str, list[float]] = {place: [] for places in PLACES.values() for place in places}
        for i in range(arguments.rounds + 3):
            # Ever new widths, so that no answer comes from the cache; the first three rounds warm up.
            for name, page in pages.items():
                milliseconds = press(page, sliders[name], PLACES[name], "ArrowLeft" if i < 50 else "ArrowRight")
                if i >= 3:
                    for place, each in milliseconds.items():
                        taken[place].append(each)
        browser.close()
    medians = {place: statistics.median(times) for place, times in taken.items()}
    for place, median in medians.items():
        count, best = len(taken[place]), min(taken[place])
        print(f"{place:12} {median:7.1f} ms (median of {count}, best {best:.1f}) {median / medians['text']:6.2f} times")


if __name__ == "__main__":
    main()
