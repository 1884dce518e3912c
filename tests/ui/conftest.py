"""What the tests of the pages share: a page that is open, and a server on which nobody carries out runs."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from streamlit.testing.v1 import AppTest

import cnnlab.ui
from cnnlab.architectures import preset
from cnnlab.runs import Store, open_store
from cnnlab.training import Recipe
from cnnlab.ui.state.store import run_store

MAIN = Path(cnnlab.ui.__file__).parent / "main.py"


def open_page(name: str, **parameters: str) -> AppTest:
    """The page as it is shown at this address, without an error."""
    test = AppTest.from_file(MAIN, default_timeout=60)
    test.switch_page(f"../../pages/{name}.py")
    for parameter, value in parameters.items():
        test.query_params[parameter] = value
    test.run()
    assert not test.exception
    return test


def page_modules() -> list[ModuleType]:
    """Every module of the pages but the main script, which draws when it is imported."""
    names = [module.name for module in pkgutil.walk_packages(cnnlab.ui.__path__, "cnnlab.ui.")]
    return [importlib.import_module(name) for name in names if name != "cnnlab.ui.main"]


def patch_pages(monkeypatch: pytest.MonkeyPatch, name: str, value: object) -> None:
    """Have every module of the pages that imported `name` use `value` instead."""
    modules = [module for module in page_modules() if hasattr(module, name)]
    assert modules
    for module in modules:
        monkeypatch.setattr(module, name, value)


def act_as_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest has no cookies to read the visitor's name from."""
    patch_pages(monkeypatch, "visitor", lambda: "somebody")


def start_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages only queue runs: nothing carries them out."""
    patch_pages(monkeypatch, "ensure_scheduler", lambda _: None)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store that the pages show, whose queued runs stay queued."""
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path))
    start_no_scheduler(monkeypatch)
    act_as_somebody(monkeypatch)
    run_store.clear()
    opened = open_store()
    yield opened
    opened.close()
    run_store().close()
    run_store.clear()


def submit(store: Store, name: str = "a run", owner: str = "somebody", recipe: Recipe | None = None) -> str:
    """The id of a run in the queue."""
    wanted = Recipe(dataset="digits") if recipe is None else recipe
    return store.submit(preset("lenet5_tutorial"), wanted, name=name, owner=owner).id
