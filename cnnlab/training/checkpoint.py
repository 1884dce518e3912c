"""A training on disk, to resume it: written completely or not at all."""

import json
import os
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Self

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from cnnlab.training.events import EpochEnd
from cnnlab.training.failure import LossRange
from cnnlab.words.errors import SentenceError
from cnnlab.words.sentence import Sentence


class DamagedCheckpoint(SentenceError):
    """A checkpoint that cannot be resumed from; the sentence says which, why and what to do."""


@dataclass(slots=True, kw_only=True)
class Position:
    """How far a training is, in plain values. Sums are over the images of the unfinished epoch; `updates` the EMA's."""

    optimizer_name: str
    step: int = 0
    epoch_loss: float = 0.0
    epoch_accuracy: float = 0.0
    examples: int = 0
    training_seconds: float = 0.0
    test_seconds: float = 0.0
    updates: int = 0
    last: EpochEnd | None = None
    best: EpochEnd | None = None
    losses: LossRange = field(default_factory=LossRange)

    @property
    def epochs(self) -> int:
        """The number of finished epochs."""
        return self.last.epoch if self.last else 0

    @property
    def seconds(self) -> float:
        """The time of training and of tests."""
        return self.training_seconds + self.test_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """All that a training needs to resume: weights and buffers, their moving average, the optimizer's state, the random
    states by type of device, the state of the generator that shuffles the images, and the position.

    The position of the schedule is the step: the learning rate depends on nothing else.
    """

    network: Mapping[str, Tensor]
    averaged: Mapping[str, Tensor]
    optimizer: Mapping[str, Tensor]
    random_states: Mapping[str, Tensor]
    order: Tensor
    position: Position

    def load_into(self, network: nn.Module, *, averaged: bool = False) -> None:
        """Load the weights, or their average, into the network. Raises `DamagedCheckpoint` if they do not fit."""
        try:
            network.load_state_dict(self.averaged if averaged else self.network)
        except RuntimeError as error:
            sentence = Sentence(
                "The checkpoint is of another network ({reason}): start the run again.", reason=str(error)
            )
            raise DamagedCheckpoint(sentence) from error

    def forked(self) -> Self:
        """The same state for a training of its own, which has no best epoch yet: its patience begins here."""
        return replace(self, position=replace(self.position, best=None))


_GROUPS = {"network": "network", "averaged": "averaged", "optimizer": "optimizer", "random_states": "chance"}
"""The groups of tensors, and how their names begin in the file."""


def checkpoint_bytes(checkpoint: Checkpoint) -> bytes:
    """The checkpoint as a safetensors file, with a checksum."""
    tensors = {
        f"{prefix}/{name}": _plain(tensor)
        for group, prefix in _GROUPS.items()
        for name, tensor in getattr(checkpoint, group).items()
    } | {"order": _plain(checkpoint.order)}
    return save(tensors, {"position": json.dumps(asdict(checkpoint.position)), "sum": _checksum(tensors)})


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint in that file. Raises `DamagedCheckpoint`."""
    with _damage_explained(path):
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if _checksum(tensors) != metadata["sum"]:
            raise ValueError("its checksum is wrong")
        groups: dict[str, dict[str, Tensor]] = {prefix: {} for prefix in _GROUPS.values()}
        order = tensors.pop("order")
        for key, tensor in tensors.items():
            prefix, _, name = key.partition("/")
            groups[prefix][name] = tensor
        position = json.loads(metadata["position"])
        for which in ("last", "best"):
            position[which] = position[which] and EpochEnd(**position[which])
        position["losses"] = LossRange(**position.get("losses", {}))  # earlier versions did not record it
        return Checkpoint(
            order=order, position=Position(**position), **{group: groups[prefix] for group, prefix in _GROUPS.items()}
        )


def read_tested_weights(path: Path, names: Collection[str] | None = None) -> dict[str, Tensor]:
    """The tensors of these names, or all, of the network as it was tested: averaged, where an average was kept.

    Only these are read, and the checksum is not. Raises `DamagedCheckpoint`.
    """
    with _damage_explained(path), safe_open(path, framework="pt") as file:
        keys = set(file.keys())
        averaged = f"{_GROUPS['averaged']}/"
        prefix = averaged if any(key.startswith(averaged) for key in keys) else f"{_GROUPS['network']}/"
        found = [key.removeprefix(prefix) for key in keys if key.startswith(prefix)] if names is None else names
        return {name: file.get_tensor(f"{prefix}{name}") for name in found}


@contextmanager
def _damage_explained(path: Path) -> Iterator[None]:
    """Inside, a file that cannot be read as a checkpoint raises `DamagedCheckpoint`."""
    try:
        yield
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        sentence = Sentence(
            "The checkpoint {path} is damaged ({reason}): start the run again, or fork it from an earlier epoch.",
            path=path,
            reason=str(error),
        )
        raise DamagedCheckpoint(sentence) from error


def weights_bytes(network: nn.Module, metadata: Mapping[str, str]) -> bytes:
    """The network's state as a safetensors file with that metadata."""
    state = {name: _plain(tensor) for name, tensor in network.state_dict().items()}
    return save(state, metadata={"format": "pt", **metadata})


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file at `path`: at any time it is the complete old or new one, also after a loss of power.

    If it cannot be written, the old file stays and nothing of the new one is left.
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
    """A contiguous copy on the CPU that shares no memory."""
    return tensor.detach().cpu().clone(memory_format=torch.contiguous_format)


def _checksum(tensors: Mapping[str, Tensor]) -> str:
    checksum = 0
    for name in sorted(tensors):
        checksum = zlib.crc32(name.encode(), checksum)
        checksum = zlib.crc32(tensors[name].reshape(-1).view(torch.uint8).numpy().data, checksum)
    return f"{checksum:08x}"
