"""Where a network can be trained on this machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cnnlab.spec import Problem, Refused


def devices() -> tuple[str, ...]:
    """The names of this machine's devices, such as ("cpu", "cuda:0")."""
    return ("cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count())))


def find_device(name: str) -> torch.device:
    """The device that a recipe names: "auto" is the first GPU, or else the CPU. Raises `Refused` if it is not there."""
    present = devices()
    wanted = {"auto": present[1] if len(present) > 1 else "cpu", "cuda": "cuda:0"}.get(name, name)
    if wanted not in present:
        raise Refused(
            [
                Problem(
                    "device", f"`device` is {name}, and this machine has only {', '.join(present)}: use one, or auto."
                )
            ]
        )
    return torch.device(wanted)


@contextmanager
def settled(device: torch.device, *, deterministic: bool) -> Iterator[None]:
    """Inside, a GPU computes the same numbers each time, or as fast as it can; a CPU computes as ever."""
    if device.type != "cuda":
        yield
        return
    # cuBLAS reads it when it is first used, and repeats itself only with it.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before, warned = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(deterministic, warn_only=True)
    try:
        # Streams, events and recordings are those of the current device, which is the first GPU unless it is told.
        with (
            torch.cuda.device(device),
            torch.backends.cudnn.flags(enabled=True, benchmark=not deterministic, deterministic=deterministic),
        ):
            yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warned)
