"""What a browser that has nothing of the lab yet loads for a page, in Chromium.

    python -m benchmarks.first_visit http://127.0.0.1:8501 [--page train]

The app has to be running. Prints the largest answers, the number of requests and the megabytes over the wire.
"""

import argparse
from typing import Any

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
READY = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
NUM_LARGEST = 12


def loaded(page: Page, address: str) -> dict[str, float]:
    """The bytes over the wire of each address that the page at `address` asks for."""
    addresses: dict[str, str] = {}
    found: dict[str, float] = {}
    network = page.context.new_cdp_session(page)

    def begin(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["response"]["url"]

    def end(event: dict[str, Any]) -> None:
        found[addresses.get(event["requestId"], event["requestId"])] = event["encodedDataLength"]

    network.on("Network.responseReceived", begin)
    network.on("Network.loadingFinished", end)
    network.send("Network.enable")
    page.goto(address, wait_until="networkidle")
    page.wait_for_selector(READY)
    page.wait_for_load_state("networkidle")
    return {url: size for url, size in found.items() if url.startswith("http")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server")
    parser.add_argument("--page", default="")
    asked = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        found = loaded(browser.new_page(), f"{asked.server}/{asked.page}")
        browser.close()
    for url, size in sorted(found.items(), key=lambda item: -item[1])[:NUM_LARGEST]:
        print(f"{size / 1e3:8.0f} kB  {url.removeprefix(asked.server)}")
    print(f"{len(found)} requests, {sum(found.values()) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
