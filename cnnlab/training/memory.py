"""How much memory a training will need, before it starts, and how large a batch may be."""

import os
from pathlib import Path

import torch

from cnnlab.analysis import analyse
from cnnlab.analysis.memory import MemoryOptions, largest_batch, training_memory
from cnnlab.architectures import NetworkSpec
from cnnlab.training.failure import TrainingFailed, why_too_large
from cnnlab.training.recipe import Recipe

PROCESS_BYTES = 600 * 2**20
"""What a process on a GPU takes before it computes anything: the driver's context and the libraries' code."""

_MACHINE, _CONTAINER = Path("/proc/meminfo"), Path("/sys/fs/cgroup")
"""Where Linux reports memory: of the machine, and of the control group that a container is (version 2)."""


def needed_memory(spec: NetworkSpec, recipe: Recipe) -> int:
    """Bytes that a training step of this recipe needs; the data set and the process itself are not counted."""
    return training_memory(analyse(spec), batch_size=recipe.batch_size, **_options(recipe)).total


def gpu_memory(spec: NetworkSpec, recipe: Recipe) -> int:
    """Bytes of a GPU's memory that a run needs: those of a step, and those of its process."""
    return PROCESS_BYTES + needed_memory(spec, recipe)


def batch_that_fits(spec: NetworkSpec, recipe: Recipe, free_bytes: int) -> int:
    """The largest batch with which a step of this recipe fits into `free_bytes`; 0 if none does."""
    return largest_batch(analyse(spec), available_bytes=free_bytes, **_options(recipe))


def _options(recipe: Recipe) -> MemoryOptions:
    return {"optimizer": recipe.optimizer, "number_type": recipe.precision, "averages_weights": recipe.ema_decay > 0}


def check_memory(spec: NetworkSpec, recipe: Recipe, free_bytes: int) -> None:
    """Raises `TrainingFailed`, with the largest batch that should fit, if a step does not fit into `free_bytes`."""
    needed = needed_memory(spec, recipe)
    if needed > free_bytes:
        fits = batch_that_fits(spec, recipe, free_bytes)
        raise TrainingFailed(why_too_large(recipe, spec.image_size, needed, free_bytes, fits))


def free_memory(device: torch.device) -> int | None:
    """Bytes that are free on the device now; None where the system does not report it."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    reported = [free for free in (_free_on_machine(), _free_in_container()) if free is not None]
    return min(reported, default=None)


def _free_on_machine() -> int | None:
    """Memory available without swapping: free memory, and cached files that the system can drop."""
    if _MACHINE.is_file():
        for line in _MACHINE.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    if "SC_AVPHYS_PAGES" not in getattr(os, "sysconf_names", ()):
        return None
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _free_in_container() -> int | None:
    """What is left of the container's limit, beyond which the system kills its processes; None without a limit."""
    limit, used = _CONTAINER / "memory.max", _CONTAINER / "memory.current"
    if not limit.is_file() or not used.is_file() or (most := limit.read_text().strip()) == "max":
        return None
    statistics = dict(line.split() for line in (_CONTAINER / "memory.stat").read_text().splitlines())
    return max(0, int(most) - int(used.read_text()) + int(statistics["inactive_file"]))
