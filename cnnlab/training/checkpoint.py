"""A training on disk, to go on from: whole or not at all, whatever happens while it is written."""

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from cnnlab.training.events import EpochEnd


class DamagedCheckpoint(ValueError):
    """A checkpoint that cannot be gone on from; the sentence says which, why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a training is: plain values. Sums are over the images of the unfinished epoch, `updates` the EMA's."""

    optimizer_name: str
    step: int
    epoch_loss: float
    epoch_accuracy: float
    examples: int
    training_seconds: float
    test_seconds: float
    updates: int
    last: EpochEnd | None
    best: EpochEnd | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """All that a training needs to go on: weights and running statistics, their running mean, what the optimiser
    remembers, the random states by kind of device, what the order of the images follows from, and the position.

    The schedule's position is the step: a learning rate follows from nothing else.
    """

    network: Mapping[str, Tensor]
    averaged: Mapping[str, Tensor]
    optimizer: Mapping[str, Tensor]
    chance: Mapping[str, Tensor]
    order: Tensor
    position: Position

    def put_into(self, network: nn.Module, *, averaged: bool = False) -> None:
        """Give the network these weights. Raises `DamagedCheckpoint` if they are another network's."""
        try:
            network.load_state_dict(self.averaged if averaged else self.network)
        except RuntimeError as error:
            raise DamagedCheckpoint(f"The checkpoint is another network's ({error}): start the run anew.") from error


_GROUPS = ("network", "averaged", "optimizer", "chance")


def checkpoint_bytes(checkpoint: Checkpoint) -> bytes:
    """The checkpoint as a safetensors file, with a sum by which damage is seen."""
    tensors = {
        f"{group}/{name}": _plain(tensor) for group in _GROUPS for name, tensor in getattr(checkpoint, group).items()
    } | {"order": _plain(checkpoint.order)}
    return save(tensors, {"position": json.dumps(asdict(checkpoint.position)), "sum": _sum(tensors)})


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint in that file. Raises `DamagedCheckpoint`."""
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if _sum(tensors) != about["sum"]:
            raise DamagedCheckpoint(_damaged(path, "its sum is another one"))
        groups: dict[str, dict[str, Tensor]] = {group: {} for group in _GROUPS}
        order = tensors.pop("order")
        for key, tensor in tensors.items():
            group, _, name = key.partition("/")
            groups[group][name] = tensor
        position = json.loads(about["position"])
        for which in ("last", "best"):
            position[which] = position[which] and EpochEnd(**position[which])
        return Checkpoint(order=order, position=Position(**position), **groups)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, DamagedCheckpoint):
            raise
        raise DamagedCheckpoint(_damaged(path, str(error))) from error


def weights_bytes(network: nn.Module, about: Mapping[str, str]) -> bytes:
    """The network's state as a safetensors file, with `about` as its metadata."""
    state = {name: _plain(tensor) for name, tensor in network.state_dict().items()}
    return save(state, metadata={"format": "pt", **about})


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file at `path`: at every moment it is the old one or the new one, also after a loss of power.

    Where it cannot be written, the old one stays and no part of the new one is left.
    """
    partial = path.with_name(f"{path.name}.partial")
    file = partial.open("wb", buffering=0)
    try:
        with file:
            rest = memoryview(content)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink()
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _plain(tensor: Tensor) -> Tensor:
    """On the CPU, in the order of its dimensions, apart from any other."""
    return tensor.detach().cpu().clone(memory_format=torch.contiguous_format)


def _sum(tensors: Mapping[str, Tensor]) -> str:
    total = 0
    for name in sorted(tensors):
        total = zlib.crc32(tensors[name].reshape(-1).view(torch.uint8).numpy().data, zlib.crc32(name.encode(), total))
    return f"{total:08x}"


def _damaged(path: Path, why: str) -> str:
    return f"The checkpoint {path} is damaged ({why}): start the run anew, or fork it from an earlier epoch."
