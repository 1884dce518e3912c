"""`import cnnlab`: quick, complete, and every example in its docstrings is true."""

import doctest
import importlib
import os
import pkgutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

import cnnlab
from cnnlab import architectures
from cnnlab.lock import is_held
from cnnlab.runs import NotPossible, open_store
from cnnlab.runs.store.files import scheduler_lock

ROOT = Path(cnnlab.__path__[0]).parent
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((ROOT / "cnnlab").rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]
DEADLINE = 120


@pytest.fixture(scope="module")
def own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A store for these tests alone, whose scheduler ends with them."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CNNLAB_HOME", str(folder))
        yield
        store = open_store()
    for run in store.runs():
        with suppress(NotPossible):  # it has ended
            store.request_stop(run.id)
    wait_until(lambda: not any(run.active for run in store.runs()))
    # The scheduler may still be on its way to its lock.
    if store.runs():
        lock = scheduler_lock(folder)
        wait_until(lambda: is_held(lock))
        os.kill(int(lock.read_text()), signal.SIGKILL)
        wait_until(lambda: not is_held(lock))
    store.close()


def wait_until(happened: Callable[[], bool]) -> None:
    """Return once it has happened; fail if that takes too long."""
    until = time.monotonic() + DEADLINE
    while not happened():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


@pytest.mark.usefixtures("own_store")
@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.parametrize("name", cnnlab.__all__)
def test_every_name_has_an_example(name: str) -> None:
    value = getattr(cnnlab, name)
    text = architectures.__doc__ if name == "FAMILIES" else value.__doc__
    assert text is not None
    assert f"{name}(" in text or name == "FAMILIES"
    assert ">>> " in text


def test_names_are_listed_and_others_are_not_there() -> None:
    assert set(cnnlab.__all__) <= set(dir(cnnlab))
    assert sorted(cnnlab.__all__) == cnnlab.__all__
    with pytest.raises(AttributeError, match="module 'cnnlab' has no attribute 'builds'"):
        cnnlab.builds  # noqa: B018


def test_no_module_hides_a_name() -> None:
    """A submodule becomes an attribute of its package when it is imported: none may have the name of a function."""
    modules = {module.name for module in pkgutil.iter_modules(cnnlab.__path__)}
    assert not modules & set(cnnlab.__all__)


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import cnnlab", {"torch", "pandas", "pydantic", "streamlit", "numpy"}),
        ("import cnnlab; cnnlab.Recipe", {"torch", "streamlit", "sklearn"}),
        (
            "import cnnlab; cnnlab.preset, cnnlab.analyse, cnnlab.train",
            {"streamlit", "plotly", "sqlalchemy", "sklearn"},
        ),
        ("import cnnlab.cli", {"torch", "pandas", "streamlit"}),
    ],
)
def test_nothing_is_imported_before_its_time(statement: str, unwanted: set[str]) -> None:
    code = f"import sys; {statement}; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, timeout=DEADLINE
    )
    assert not unwanted & set(done.stdout.split())


WITHOUT_STREAMLIT = """
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys(("streamlit", "starlette")))  # an import of them fails, as where they are not
import cnnlab
for module in pkgutil.walk_packages(cnnlab.__path__, "cnnlab."):
    if not module.name.startswith("cnnlab.ui") and module.name != "cnnlab.__main__":
        importlib.import_module(module.name)
from cnnlab.cli import main
sys.exit(main(["train", "lenet5_tutorial", "--dataset", "digits", "--epochs", "1", "--batch-size", "256"]))
"""


def test_the_library_and_its_commands_work_without_streamlit() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_STREAMLIT], capture_output=True, text=True, env=environment, timeout=DEADLINE
    )
    assert done.returncode == 0, done.stderr
    assert "Test accuracy 0." in done.stdout


@pytest.mark.usefixtures("own_store")
def test_a_broken_network_is_not_submitted() -> None:
    with closing(open_store()) as store:
        before = [run.id for run in store.runs()]
    with pytest.raises(cnnlab.Refused, match="too small for its 9x9 window"):
        cnnlab.submit(cnnlab.preset("lenet5_tutorial").replace(image_size=8, kernel_sizes=(9, 1)), cnnlab.Recipe())
    with closing(open_store()) as store:
        assert [run.id for run in store.runs()] == before
