"""Where a network can be trained on this machine."""

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
