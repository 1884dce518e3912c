"""Data sets on disk, in a form that is mapped into memory: opened at once, and shared by all runs that read it."""

import os
from dataclasses import fields

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from cnnlab.data.catalogue import damaged, file_of, kept_card, written_card
from cnnlab.data.dataset import Dataset
from cnnlab.spec import Problem, Refused


def keep(dataset: Dataset, owner: str = "") -> None:
    """Write the owner's set where `read_kept` finds it, whole or not at all. Raises `Refused` if there is no room."""
    path = file_of(dataset.card.name)
    partial = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tensors = {f.name: getattr(dataset, f.name).contiguous() for f in fields(dataset) if f.name != "card"}
        save_file(tensors, partial, metadata=written_card(dataset.card, owner))
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        partial.unlink(missing_ok=True)
        sentence = f"The images cannot be kept in {path.parent} ({error}): make room there, or set CNNLAB_HOME."
        raise Refused([Problem("dataset", sentence)]) from error


def read_kept(name: str) -> Dataset:
    """The set as it was kept; its images are read from disk as they are needed. It must be here.

    Raises `Refused` if the file is damaged.
    """
    path = file_of(name)
    try:
        return Dataset(card=kept_card(path), **load_file(path))
    except SafetensorError as error:
        raise damaged(path, error) from error
