"""Data sets as tensors. The cards are imported without torch, which is only imported with the images."""

import importlib
from typing import TYPE_CHECKING, Any

from cnnlab.data.cards import DATASETS, DatasetCard
from cnnlab.data.catalogue import card, dataset_names, is_available, title_of
from cnnlab.data.fit import fit_notes

if TYPE_CHECKING:
    from cnnlab.data.adapted import Adapted, adapt, mean_and_std, resized
    from cnnlab.data.augment import augmented
    from cnnlab.data.dataset import Dataset
    from cnnlab.data.download import download_dataset
    from cnnlab.data.importing.own_images import import_images
    from cnnlab.data.loading import load
    from cnnlab.data.splits import split_dataset

__all__ = [
    "DATASETS",
    "Adapted",
    "Dataset",
    "DatasetCard",
    "adapt",
    "augmented",
    "card",
    "dataset_names",
    "download_dataset",
    "fit_notes",
    "import_images",
    "is_available",
    "load",
    "mean_and_std",
    "resized",
    "split_dataset",
    "title_of",
]

_HOMES = {
    **dict.fromkeys(("Adapted", "adapt", "mean_and_std", "resized"), "cnnlab.data.adapted"),
    "augmented": "cnnlab.data.augment",
    "Dataset": "cnnlab.data.dataset",
    "download_dataset": "cnnlab.data.download",
    "load": "cnnlab.data.loading",
    "import_images": "cnnlab.data.importing.own_images",
    "split_dataset": "cnnlab.data.splits",
}
"""The module of each name that needs torch."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
