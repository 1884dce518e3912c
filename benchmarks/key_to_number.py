"""From key press to new number: the Explore page against a page with one slider and one text, in Chromium.

    python benchmarks/key_to_number.py [--preset resnet18] [--rounds 40]

Both servers run at once; the key presses take turns. Prints the median of each in milliseconds and their ratio, which
is the figure that counts: machines differ, and a shared one is noisy.
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

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]

SIMPLEST = """
import streamlit as st
width = st.slider("width", 8, 128, 64, key="width")
st.text(f"{width * 1000}")
"""

READY = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"

WATCH = """
(selector) => {
  const text = () => document.querySelector(selector)?.textContent;
  const before = text();
  window.changed = new Promise((resolve) => {
    let pressed;
    document.addEventListener("keydown", () => { pressed = performance.now(); }, { once: true, capture: true });
    const observer = new MutationObserver(() => {
      if (pressed === undefined || text() === before) return;
      observer.disconnect();
      resolve(performance.now() - pressed);
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}
"""


@contextmanager
def served(script: Path, home: Path) -> Iterator[str]:
    """The address of a Streamlit server that runs `script` until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *options]
    environment = {**os.environ, "CNNLAB_HOME": str(home)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as server:
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


def press(page: Page, slider: str, number: str, key: str) -> float:
    """Milliseconds from a key press on the slider until the number shows something else."""
    page.locator(slider).focus()
    page.evaluate(WATCH, number)
    page.keyboard.press(key)
    taken: float = page.evaluate("window.changed")
    page.wait_for_selector(READY)
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="resnet18")
    parser.add_argument("--rounds", type=int, default=40)
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
        places = {
            "simplest": ("input[type=range]", "[data-testid=stText]"),
            "explore": ("[class*=width-slider] input[type=range]", "[data-testid=stMetricValue]"),
        }
        pages = {}
        for name, address in addresses.items():
            pages[name] = browser.new_page(viewport={"width": 1280, "height": 900})
            pages[name].goto(address)
            pages[name].wait_for_selector(READY, timeout=60_000)
            pages[name].wait_for_selector(places[name][1])
        taken: dict[str, list[float]] = {name: [] for name in pages}
        for i in range(arguments.rounds + 3):
            # Ever new widths, so that no answer comes from the cache; the first three rounds warm up.
            for name, page in pages.items():
                milliseconds = press(page, *places[name], "ArrowLeft" if i < 50 else "ArrowRight")
                if i >= 3:
                    taken[name].append(milliseconds)
        browser.close()
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, median in medians.items():
        print(f"{name:10} {median:7.1f} ms (median of {len(taken[name])}, best {min(taken[name]):.1f})")
    print(f"{'ratio':10} {medians['explore'] / medians['simplest']:7.2f}")


if __name__ == "__main__":
    main()
