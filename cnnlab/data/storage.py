"""Data sets on disk, as files that are mapped into memory: opened at once, and shared by all runs that read them."""

import os
from dataclasses import fields

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from cnnlab.data.catalogue import card_metadata, damaged_file, dataset_file, refused, stored_card
from cnnlab.data.dataset import Dataset
from cnnlab.words.sentence import Sentence


def save_dataset(dataset: Dataset, owner: str = "") -> None:
    """Write the owner's set to the file that `load_stored` reads, completely or not at all.

    Raises `Refused` if it cannot be written.
    """
    path = dataset_file(dataset.card.name)
    partial = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tensors = {f.name: getattr(dataset, f.name).contiguous() for f in fields(dataset) if f.name != "card"}
        save_file(tensors, partial, metadata=card_metadata(dataset.card, owner))
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        partial.unlink(missing_ok=True)
        raise refused(
            Sentence(
                "The images cannot be saved in {folder} ({error}): free disk space, or set CNNLAB_HOME to another"
                " folder.",
                folder=str(path.parent),
                error=str(error),
            )
        ) from error


def load_stored(name: str) -> Dataset:
    """The set from its file, which must exist; its images are read from disk as they are needed.

    Raises `Refused` if the file is damaged.
    """
    path = dataset_file(name)
    try:
        return Dataset(card=stored_card(path), **load_file(path))
    except SafetensorError as error:
        raise damaged_file(path, error) from error
