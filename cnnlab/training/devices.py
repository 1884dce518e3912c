"""The devices of this machine on which a network can be trained."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cnnlab.spec import Problem, Refused
from cnnlab.words.sentence import Sentence


def devices() -> tuple[str, ...]:
    """The names of this machine's devices, such as ("cpu", "cuda:0")."""
    return ("cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count())))


def find_device(name: str) -> torch.device:
    """The device that a recipe names: "auto" is the first GPU, or else the CPU. Raises `Refused` if it is not there."""
    present = devices()
    wanted = {"auto": present[1] if len(present) > 1 else "cpu", "cuda": "cuda:0"}.get(name, name)
    if wanted not in present:
        sentence = Sentence(
            "`device` must be auto or one of {devices} on this machine, and it is {name}: use auto.",
            devices=", ".join(present),
            name=name,
        )
        raise Refused([Problem("device", sentence)])
    return torch.device(wanted)


@contextmanager
def determinism(device: torch.device, *, deterministic: bool) -> Iterator[None]:
    """Inside, a GPU computes deterministically or as fast as it can; a CPU is always deterministic."""
    if device.type != "cuda":
        yield
        return
    # cuBLAS reads it at its first use, and is deterministic only with it.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    was_deterministic = torch.are_deterministic_algorithms_enabled()
    was_warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(deterministic, warn_only=True)
    try:
        # Streams, events and graphs are those of the current device, by default the first GPU.
        with (
            torch.cuda.device(device),
            torch.backends.cudnn.flags(enabled=True, benchmark=not deterministic, deterministic=deterministic),
        ):
            yield
    finally:
        torch.use_deterministic_algorithms(was_deterministic, warn_only=was_warn_only)
