"""Data sets as tensors. The cards cost nothing to import; torch is imported when images are asked for."""

from typing import TYPE_CHECKING, Any

from cnnlab.data.cards import DATASETS, DatasetCard, DatasetName
from cnnlab.data.fit import fit_notes

if TYPE_CHECKING:
    from cnnlab.data.tensors import Adapted, Dataset, adapt, load, resized

__all__ = ["DATASETS", "Adapted", "Dataset", "DatasetCard", "DatasetName", "adapt", "fit_notes", "load", "resized"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cnnlab.data import tensors

    return getattr(tensors, name)
