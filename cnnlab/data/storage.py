"""Data sets on disk, as files that are mapped into memory: opened at once, and shared by all runs that read them."""

import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from cnnlab.data.catalogue import card_metadata, damaged_file, dataset_file, refused, stored_card
from cnnlab.data.dataset import Dataset
from cnnlab.spec import Refused
from cnnlab.words.sentence import Sentence


def save_dataset(dataset: Dataset, owner: str = "") -> None:
    """Write the owner's set to the file that `load_stored` reads, completely or not at all.

    Raises `Refused` if it cannot be written.
    """
    path = dataset_file(dataset.card.name)
    partial = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tensors = {name: tensor.contiguous() for name, tensor in dataset.tensors().items()}
        save_file(tensors, partial, metadata=card_metadata(dataset.card, owner))
        partial.chmod(0o600)  # a set may be of faces
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        partial.unlink(missing_ok=True)
        raise cannot_save(path.parent, error) from error


def cannot_save(folder: Path, error: Exception) -> Refused:
    """The refusal of images that cannot be written."""
    return refused(
        Sentence(
            "The images cannot be saved in {folder} ({error}): free disk space, or set CNNLAB_HOME to another folder.",
            folder=str(folder),
            error=str(error),
        )
    )


def load_stored(name: str) -> Dataset:
    """The set from its file, which must exist; its images are read from disk as they are needed.

    Raises `Refused` if the file is damaged.
    """
    path = dataset_file(name)
    try:
        dataset = Dataset(card=stored_card(path), **load_file(path))
        _check(dataset)
    except Refused:
        raise
    except (SafetensorError, OSError, TypeError, ValueError) as error:
        raise damaged_file(path, error) from error
    return dataset


def _check(dataset: Dataset) -> None:
    """Raises `ValueError` if the tensors are not those of the card."""
    card, tensors = dataset.card, dataset.tensors()
    for part, count in (("train", card.num_train), ("validation", card.num_validation), ("test", card.num_test)):
        shapes = {f"{part}_images": (count, card.in_channels, card.side, card.side), f"{part}_labels": (count,)}
        for name, shape in shapes.items():
            tensor = tensors.get(name)
            if count and (tensor is None or tensor.shape != shape):
                raise ValueError(f"{name} is not of the shape {shape}")
            if tensor is not None and tensor.dtype != (torch.uint8 if name.endswith("images") else torch.int64):
                raise ValueError(f"{name} is of the type {tensor.dtype}")
        labels = tensors.get(f"{part}_labels")
        if labels is not None and (labels.min() < 0 or labels.max() >= card.num_classes):
            raise ValueError(f"{part}_labels are not those of {card.num_classes} classes")
