"""How much memory a training will take, before it takes it, and how large a batch may be."""

import os
from pathlib import Path

import torch

from cnnlab.architectures import NetworkSpec
from cnnlab.building import examine
from cnnlab.optimizer_kinds import STATES_PER_WEIGHT
from cnnlab.training.failure import TrainingFailed, why_too_large
from cnnlab.training.recipe import Recipe
from cnnlab.walk import FLOAT_BYTES

BACKWARD_SHARE = 0.3
"""What the backward pass holds beside what the forward pass kept: the gradients that are on their way, workspaces."""


_MACHINE, _CONTAINER = Path("/proc/meminfo"), Path("/sys/fs/cgroup")
"""Where Linux tells of memory: of the machine, and of the control group that a container is (version 2)."""


def weight_memory(spec: NetworkSpec, recipe: Recipe) -> int:
    """Bytes that do not depend on the batch: the weights, their gradients, the optimiser's memory, their mean."""
    walked = examine(spec, training=True)
    params = sum(layer.params for layer in walked.layers) + walked.unlisted_params
    return FLOAT_BYTES * params * (2 + STATES_PER_WEIGHT[recipe.optimizer] + bool(recipe.ema_decay))


def image_memory(spec: NetworkSpec, recipe: Recipe) -> int:
    """Bytes for each image of a batch: what is kept for the backward pass, and what that holds besides."""
    kept = sum(layer.kept_bytes for layer in examine(spec, training=True).layers)
    halved = 2 if recipe.precision == "bfloat16" else 1
    image = FLOAT_BYTES * spec.in_channels * spec.image_size**2
    return round((1 + BACKWARD_SHARE) * kept / halved) + image


def needed_memory(spec: NetworkSpec, recipe: Recipe) -> int:
    """Bytes that a step of this recipe takes, the data set not counted. A forecast: libraries take some more."""
    return weight_memory(spec, recipe) + recipe.batch_size * image_memory(spec, recipe)


def largest_batch(spec: NetworkSpec, recipe: Recipe, free_bytes: int) -> int:
    """How many images a batch may have so that a step should fit into `free_bytes`; 0 if no batch does."""
    return max(0, free_bytes - weight_memory(spec, recipe)) // max(1, image_memory(spec, recipe))


def check_memory(spec: NetworkSpec, recipe: Recipe, free_bytes: int) -> None:
    """Raises `TrainingFailed`, with the largest batch that should do, if a step does not fit into `free_bytes`."""
    needed = needed_memory(spec, recipe)
    if needed > free_bytes:
        fits = largest_batch(spec, recipe, free_bytes)
        raise TrainingFailed(why_too_large(recipe, spec.image_size, needed, free_bytes, fits))


def free_memory(device: torch.device) -> int | None:
    """Bytes that are free on the device now; None where the system does not say."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    told = [free for free in (_free_on_machine(), _free_in_container()) if free is not None]
    return min(told, default=None)


def _free_on_machine() -> int | None:
    """What the system could give without swapping: free memory and the copies of files that it can drop."""
    if _MACHINE.is_file():
        for line in _MACHINE.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    if "SC_AVPHYS_PAGES" not in getattr(os, "sysconf_names", ()):
        return None
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _free_in_container() -> int | None:
    """What the container may still take before the system kills what is in it; None where it has no limit."""
    limit, used = _CONTAINER / "memory.max", _CONTAINER / "memory.current"
    if not limit.is_file() or not used.is_file() or (most := limit.read_text().strip()) == "max":
        return None
    statistics = dict(line.split() for line in (_CONTAINER / "memory.stat").read_text().splitlines())
    return max(0, int(most) - int(used.read_text()) + int(statistics["inactive_file"]))
