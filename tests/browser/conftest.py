"""A browser, the app as its own process, and what it means that a page is ready."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from cnnlab.lock import is_held
from cnnlab.runs.store.files import scheduler_lock
from cnnlab.ui.visitors.signing import _signer
from cnnlab.ui.visitors.visitor import COOKIE

ROOT = Path(__file__).parents[2]
START_SECONDS = 90
SETTLE_SECONDS = 60
FROM_CHECKOUT = (sys.executable, "-m", "streamlit", "run", "app.py")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium")

expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In CI a test that failed in a browser has one more try, which the report counts; by hand it has none."""
    if os.environ.get("CI"):
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium; without one the tests are skipped, but not where all tests must run."""
    named = os.environ.get("CNNLAB_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        missing = "There is no Chromium: install one, or name it in CNNLAB_CHROMIUM, to run the browser tests."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
    return {**browser_type_launch_args, "executable_path": found, "args": arguments}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 1280, "height": 900}}


@pytest.fixture(scope="session")
def base_url() -> None:
    """None: each test names the server. The plugin's own fixture is written in a way that pytest warns of."""


class App:
    """The app, served from a process of its own by `command`, run in `folder`; its runs are in `home`."""

    def __init__(self, home: Path, command: Sequence[str] = FROM_CHECKOUT, folder: Path = ROOT, port: int = 0) -> None:
        self.home = home
        if not port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = home / f"server-{port}.log"
        options = {"port": port, "address": "127.0.0.1", "headless": "true"}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, *(f"--server.{name}={value}" for name, value in options.items())],
                cwd=folder,
                env={**os.environ, "CNNLAB_HOME": str(home)},
                stdout=log,
                stderr=log,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self.process.poll() is None, f"The app did not start:\n{self.log()}"
            assert time.monotonic() < deadline, f"The app is not ready after {START_SECONDS} s:\n{self.log()}"
            time.sleep(0.1)

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the server, but not the scheduler and the workers, which live on."""
        self.process.send_signal(how)
        self.process.wait(timeout=30)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


@pytest.fixture(scope="session")
def start_app() -> Iterator[Callable[..., App]]:
    """Starts an `App`; in the end all that was started is ended, with the schedulers and workers."""
    started: list[App] = []

    def start(*arguments: Any) -> App:
        started.append(App(*arguments))
        started[-1].wait_until_ready()
        return started[-1]

    yield start
    for app in started:
        if app.process.poll() is None:
            app.end()
    for home in {app.home for app in started}:
        for lock in (scheduler_lock(home), *home.glob("runs/*/lock")):
            if is_held(lock):
                os.kill(int(lock.read_text()), signal.SIGKILL)


@pytest.fixture(scope="session")
def app(start_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory) -> App:
    """An app that all tests share."""
    return start_app(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def server(app: App) -> str:
    """The address of the app that all tests share, without a slash at its end."""
    return app.url


_QUIET = """(begin) => {
  const app = document.querySelector("[data-testid=stApp]");
  const isQuiet = app?.dataset.testConnectionState === "CONNECTED"
    && app.dataset.testScriptState === "notRunning"
    && !document.querySelector("[data-testid=stSkeleton]");
  const now = performance.now();
  if (!isQuiet) { window.quiet = undefined; return false; }
  if (window.quiet?.begin !== begin) window.quiet = { begin, since: now };
  return now - window.quiet.since > 400;
}"""


def act_as(page: Page, app: App, name: str) -> None:
    """The browser of the page is that of the visitor of that name."""
    page.context.add_cookies([{"name": COOKIE, "value": _signer(app.home).sign(name).decode(), "url": app.url}])


def settle(page: Page) -> None:
    """Wait until the page has been connected, complete and without a running script for 0.4 seconds.

    That long, because a slider waits a moment for more keys before it starts the script.
    """
    page.wait_for_function(_QUIET, arg=time.monotonic(), timeout=1000 * SETTLE_SECONDS)


def metric(page: Page, label: str) -> Locator:
    """What the headline number of that label shows."""
    card = page.get_by_test_id("stMetric").filter(has=page.get_by_text(label, exact=True))
    return card.get_by_test_id("stMetricValue")


def no_traceback(page: Page) -> None:
    expect(page.get_by_test_id("stException")).to_have_count(0)
