"""Which files torchvision reads each of its sets from, and whether a folder has them. torch is imported when needed.

torchvision checks each of CIFAR's files against a checksum before it unpickles it, so that nothing but the published
files is ever unpickled.
"""

import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnlab.data.cards import DATASETS
from cnnlab.home import data_folder

if TYPE_CHECKING:
    from torch import Tensor

FILES: dict[str, tuple[str, tuple[str, ...]]] = {
    "mnist": ("MNIST/raw", ()),
    "fashion_mnist": ("FashionMNIST/raw", ()),
    "kmnist": ("KMNIST/raw", ()),
    "cifar10": ("cifar-10-batches-py", (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta")),
    "cifar100": ("cifar-100-python", ("train", "test", "meta")),
    "svhn": (".", ("train_32x32.mat", "test_32x32.mat")),
}
"""The folder in which torchvision expects the files of a set, and their names; no names stand for `IDX_FILES`."""

IDX_FILES = tuple(f"{part}-{what}-ubyte" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1"))
"""The files of MNIST and of the sets in its format."""

_CLASSES = {
    "mnist": "MNIST",
    "fashion_mnist": "FashionMNIST",
    "kmnist": "KMNIST",
    "cifar10": "CIFAR10",
    "cifar100": "CIFAR100",
    "svhn": "SVHN",
}


@dataclass(frozen=True, slots=True)
class Archive:
    """A file to download: its mirrors, its destination, and its MD5 checksum."""

    addresses: tuple[str, ...]
    path: Path
    md5: str


def download_folder() -> Path:
    """The folder that data sets are downloaded to."""
    return data_folder() / "downloads"


def archive_files(name: str) -> tuple[Path, tuple[str, ...]]:
    """The files of the set: their folder, relative to that of all sets, and their names."""
    folder, files = FILES[name]
    return Path(folder), files or IDX_FILES


def is_here(path: Path) -> bool:
    """Whether it is a file; one in a folder that may not be read is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def find_folder(name: str) -> Path | None:
    """The folder that has all files of the set, either that of the variable CNNLAB_DATA or `download_folder`."""
    named = os.environ.get("CNNLAB_DATA")
    folders = [Path(named).expanduser(), download_folder()] if named else [download_folder()]
    below, files = archive_files(name)
    return next((f for f in folders if all(is_here(f / below / file) for file in files)), None)


def archives(name: str) -> list[Archive]:
    """What has to be downloaded into `download_folder` so that torchvision finds the set there."""
    kind, root = _class(name), download_folder()
    if name == "svhn":
        return [Archive((kind.split_list[s][0],), root / kind.split_list[s][1], kind.split_list[s][2]) for s in _SPLITS]
    if name.startswith("cifar"):
        return [Archive((kind.url,), root / kind.filename, kind.tgz_md5)]
    folder = root / FILES[name][0]
    return [Archive(tuple(m + file for m in kind.mirrors), folder / file, md5) for file, md5 in kind.resources]


def unpack(name: str) -> None:
    """Unpack the downloaded archives, whose checksums are verified.

    Those of CIFAR with the filter that lets nothing out of the folder, which torchvision does not ask for; others with
    torchvision. Raises `tarfile.TarError`, or what torchvision does.
    """
    if name.startswith("cifar"):
        (archive,) = archives(name)
        with tarfile.open(archive.path, "r:gz") as packed:
            packed.extractall(download_folder(), filter="data")
        return
    for split in _SPLITS:
        _opened(name, download_folder(), split, download=True)


def read_files(name: str, folder: Path) -> "tuple[Tensor, Tensor, Tensor, Tensor]":
    """Training images, uint8 (N, C, H, W), and labels, int64 (N,), then the test images and labels.

    Raises `ValueError`, `RuntimeError`, `OSError`, `EOFError`, `AssertionError`, `LookupError` or `TypeError`, as
    torchvision does, if the files are damaged.
    """
    import torch

    tensors = []
    for split in _SPLITS:
        opened = _opened(name, folder, split, download=False)
        images = torch.as_tensor(opened.data)
        labels = torch.as_tensor(opened.labels if name == "svhn" else opened.targets).long()
        shape = {"svhn": (0, 1, 2, 3), "cifar10": (0, 3, 1, 2), "cifar100": (0, 3, 1, 2)}.get(name)
        tensors += [images.permute(shape).contiguous() if shape else images.unsqueeze(1), labels]
        card = DATASETS[name]
        if tensors[-2].shape[1:] != (card.in_channels, card.side, card.side) or len(images) != len(labels):
            raise ValueError(f"the {split} images have the shape {tuple(images.shape)} for {len(labels)} labels")
        if not len(labels) or labels.min() < 0 or labels.max() >= card.num_classes:
            raise ValueError(f"the {split} labels are not those of {card.num_classes} classes")
    train_images, train_labels, test_images, test_labels = tensors
    return train_images, train_labels, test_images, test_labels


_SPLITS = ("train", "test")


def _class(name: str) -> Any:
    from torchvision import datasets

    return getattr(datasets, _CLASSES[name])


def _opened(name: str, folder: Path, split: str, *, download: bool) -> Any:
    open_: Callable[..., Any] = _class(name)
    which = {"split": split} if name == "svhn" else {"train": split == "train"}
    return open_(folder, **which, download=download)
