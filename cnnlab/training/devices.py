"""The devices of this machine on which a network can be trained."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cnnlab.spec import Problem, Refused, set_to
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
        raise Refused([Problem("device", sentence, remedies=(set_to("device", "auto"),))])
    return torch.device(wanted)


def working_device(name: str) -> tuple[torch.device, Sentence | None]:
    """The device that a recipe names, after it has been tried; with auto the CPU, and why, where no GPU can be used.

    It initialises CUDA, so it is not for a process that forks or serves pages. Raises `Refused` for a GPU that was
    named and cannot be used.
    """
    device = find_device(name)
    if device.type == "cpu":
        return device, None
    tried = [torch.device(each) for each in devices()[1:]] if name == "auto" else [device]
    problems = {each: gpu_problem(each) for each in tried}
    usable = next((each for each, problem in problems.items() if problem is None), None)
    if usable is not None:
        return usable, None
    problem = problems[device]
    if name == "auto":
        template = "Trained on the CPU, because {device} cannot be used: {problem}."
        return torch.device("cpu"), Sentence(template, device=str(device), problem=problem)
    sentence = Sentence("`device` is {name}, which cannot be used: {problem}: use cpu.", name=name, problem=problem)
    raise Refused([Problem("device", sentence, remedies=(set_to("device", "cpu"),))])


def gpu_problem(device: torch.device) -> Sentence | None:
    """Why torch cannot compute on this GPU, although its driver lists it; None where it can."""
    if not torch.cuda.is_available():
        return Sentence("PyTorch finds no driver that suits its version")
    try:
        major, minor = torch.cuda.get_device_capability(device)
        built_for = torch.cuda.get_arch_list()
        if not any(_suits(name, major, minor) for name in built_for):
            return Sentence(
                "this PyTorch was built for {architectures}, and the GPU is sm_{major}{minor}",
                architectures=", ".join(built_for),
                major=major,
                minor=minor,
            )
        if torch.ones(8, device=device).sum().item() != 8:
            return Sentence("it adds numbers wrongly")
    except RuntimeError as error:  # torch.AcceleratorError is one
        return Sentence("{reason}", reason=str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__)
    return None


def _suits(architecture: str, major: int, minor: int) -> bool:
    """Whether code for an architecture, such as sm_80 or compute_90, runs on a GPU of that capability.

    Machine code runs on the same and on later minor versions, and what is compiled at its first use on all later ones.
    """
    kind, _, number = architecture.partition("_")
    digits = "".join(filter(str.isdecimal, number))
    built_major, built_minor = int(digits[:-1] or 0), int(digits[-1:] or 0)
    if kind == "compute":
        return (built_major, built_minor) <= (major, minor)
    return built_major == major and built_minor <= minor


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
