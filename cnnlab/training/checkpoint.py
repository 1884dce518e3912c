"""Weights on disk: whole or not at all, whatever happens while they are written."""

import os
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save
from torch import nn


def weights_bytes(network: nn.Module, about: Mapping[str, str]) -> bytes:
    """The network's state as a safetensors file, with `about` as its metadata."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    return save(state, metadata={"format": "pt", **about})


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file at `path`: at every moment it is the old one or the new one, also after a loss of power."""
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
