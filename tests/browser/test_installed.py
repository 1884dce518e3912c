"""CNN Lab from a wheel, in an environment and a folder of its own: the command line, the server and a page."""

import os
import subprocess
import sys
import sysconfig
import urllib.request
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cnnlab.ui.paths import STATIC
from tests.browser.conftest import ROOT, App, metric, settle

DEADLINE = 120

PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


def run(*command: str | Path, folder: Path) -> str:
    """What the command prints; it runs in `folder`, where nothing of the checkout is found."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `cnnlab` command of an environment into which the wheel was installed."""
    folder = tmp_path_factory.mktemp("installed")
    run(*PIP, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, ROOT, folder=folder)
    (wheel,) = folder.glob("cnnlab-*.whl")
    environment = folder / "environment"
    venv.create(environment, with_pip=False)
    places = sysconfig.get_paths("venv", {"base": str(environment), "platbase": str(environment)})
    # What the lab depends on comes from the environment of this test, behind what is installed here.
    dependencies = [path for path in sys.path if Path(path).name == "site-packages"]
    (Path(places["purelib"]) / "dependencies.pth").write_text("\n".join(dependencies))
    python = Path(places["scripts"]) / "python"
    run(*PIP, "--python", python, "install", "--no-deps", "--no-index", wheel, folder=folder)
    home = run(python, "-c", "import cnnlab; print(cnnlab.__file__)", folder=folder)
    assert Path(home).is_relative_to(environment)
    return Path(places["scripts"]) / "cnnlab"


@pytest.fixture(scope="session")
def installed_app(start_app: Callable[..., App], installed: Path, tmp_path_factory: pytest.TempPathFactory) -> App:
    home = tmp_path_factory.mktemp("installed_home")
    return start_app(home, (str(installed), "app"), home)


def test_the_command_line_works(installed: Path, tmp_path: Path) -> None:
    assert "resnet18" in run(installed, "list", folder=tmp_path)


@pytest.mark.parametrize(
    "path", [*(f"files/fonts/{font.name}" for font in STATIC.glob("fonts/*-latin.*.woff2")), "plotly/plotly.min.js"]
)
def test_files_are_served(installed_app: App, path: str) -> None:
    with urllib.request.urlopen(f"{installed_app.url}/{path}", timeout=DEADLINE) as answer:
        assert len(answer.read()) > 10_000


@pytest.mark.browser
def test_the_pages_are_shown_with_the_shipped_settings(page: Page, installed_app: App) -> None:
    page.goto(f"{installed_app.url}/?preset=resnet18")
    settle(page)
    expect(metric(page, "Parameters")).to_have_text("11.7 M")
    expect(page.locator(".ribbon svg")).to_be_visible()
    assert "Inter" in page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily")
    assert page.evaluate("document.fonts.check('16px Inter')")
    page.get_by_role("link", name="Convolution").click()
    expect(page.locator(".step-through .scene svg").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
