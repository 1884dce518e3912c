"""Data sets as tensors. The cards cost nothing to import; torch is imported when images are asked for."""

import importlib
from typing import TYPE_CHECKING, Any

from cnnlab.data.cards import DATASETS, DatasetCard
from cnnlab.data.catalogue import card, is_here, names, title_of
from cnnlab.data.fit import fit_notes

if TYPE_CHECKING:
    from cnnlab.data.adapted import Adapted, adapt, mean_and_std, resized
    from cnnlab.data.augment import augmented
    from cnnlab.data.dataset import Dataset
    from cnnlab.data.download import obtain
    from cnnlab.data.loading import load
    from cnnlab.data.own_images import take_in
    from cnnlab.data.splits import divided

__all__ = [
    "DATASETS",
    "Adapted",
    "Dataset",
    "DatasetCard",
    "adapt",
    "augmented",
    "card",
    "divided",
    "fit_notes",
    "is_here",
    "load",
    "mean_and_std",
    "names",
    "obtain",
    "resized",
    "take_in",
    "title_of",
]

_HOMES = {
    "augmented": "cnnlab.data.augment",
    "divided": "cnnlab.data.splits",
    "obtain": "cnnlab.data.download",
    "take_in": "cnnlab.data.own_images",
    **dict.fromkeys(("Adapted", "adapt", "mean_and_std", "resized"), "cnnlab.data.adapted"),
    **dict.fromkeys(("Dataset",), "cnnlab.data.dataset"),
    "load": "cnnlab.data.loading",
}
"""The module of each name that needs torch."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
