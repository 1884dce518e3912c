"""How much memory a training will take, before it takes it, and how large a batch may be."""

import os

import torch

from cnnlab.architectures import NetworkSpec
from cnnlab.building import examine
from cnnlab.training.recipe import Recipe
from cnnlab.walk import FLOAT_BYTES

STATES = {"sgd": 0, "momentum": 1, "nesterov": 1, "rmsprop": 1, "adam": 2, "adamw": 2}
"""How many numbers each optimiser remembers for a weight."""

BACKWARD_SHARE = 0.3
"""What the backward pass holds beside what the forward pass kept: the gradients that are on their way, workspaces."""


def weight_memory(spec: NetworkSpec, recipe: Recipe) -> int:
    """Bytes that do not depend on the batch: the weights, their gradients, the optimiser's memory, their mean."""
    walked = examine(spec, training=True)
    params = sum(layer.params for layer in walked.layers) + walked.unlisted_params
    return FLOAT_BYTES * params * (2 + STATES[recipe.optimizer] + bool(recipe.ema_decay))


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


def free_memory(device: torch.device) -> int | None:
    """Bytes that are free on the device now; None where the system does not say."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if "SC_AVPHYS_PAGES" not in getattr(os, "sysconf_names", ()):
        return None
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
