"""A copy of a network, a batch of images, and the loss of one on the other."""

import copy
import re
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from cnnlab.architectures import FAMILIES
from cnnlab.insight.refusals import checked_images, refused
from cnnlab.training.failure import is_out_of_memory, memory_errors_explained
from cnnlab.training.recipe import Recipe
from cnnlab.training.step.loss import Losses, training_loss
from cnnlab.training.step.random_state import RandomState
from cnnlab.words.sentence import Sentence

INTEGERS = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)


def memory_explained(images: Tensor) -> AbstractContextManager[None]:
    """Inside, running out of memory raises `TrainingFailed` with a sentence."""
    sentence = Sentence(
        "Out of memory with `images` of the shape {shape}: use fewer or smaller images, or a smaller network.",
        shape=tuple(images.shape),
    )
    return memory_errors_explained(lambda: sentence)


def training_copy(network: nn.Module) -> nn.Module:
    """A copy in train mode, without gradients, so that the network itself stays as it is."""
    trained = copy.deepcopy(network).train()
    trained.zero_grad()
    if not any(parameter.requires_grad for parameter in trained.parameters()):
        raise refused(
            "network",
            "`network` has no parameter that requires a gradient, so there is nothing to train: use one with"
            " convolutions or dense layers that are not frozen.",
        )
    return trained


def random_state(network: nn.Module, recipe: Recipe) -> RandomState:
    """The state that dropout draws from: it follows the recipe's seed, and the caller's is left alone."""
    return RandomState(recipe.seed, next(network.parameters()).device)


def auxiliary_weight(network: nn.Module) -> float:
    """What the loss of each auxiliary head counts in the network's family, as a share of the main loss."""
    return next((family.auxiliary_weight for family in FAMILIES.values() if family.network is type(network)), 0.0)


def checked_batch(network: nn.Module, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The images and the labels as int64, on the device of the network; raises `Refused` if they are no batch."""
    images = checked_images(network, images, must_be_finite=False)  # it shows what they lead to
    return images, checked_labels(labels, len(images)).to(images.device)


def checked_labels(labels: Tensor, num_images: int) -> Tensor:
    """The labels as int64; raises `Refused` if they are not a whole number for each image."""
    if labels.dtype not in INTEGERS or tuple(labels.shape) != (num_images,):
        raise refused(
            "labels",
            "`labels` must be {count} whole numbers, one for each image, and they are {dtype} of the shape {shape}: use"
            " the class of each image.",
            count=num_images,
            dtype=str(labels.dtype),
            shape=tuple(labels.shape),
        )
    return labels.to(torch.int64)


def check_labels(labels: Tensor, num_classes: int) -> None:
    """Raises `Refused` if a label is none of the network's classes."""
    wrong = labels[(labels < 0) | (labels >= num_classes)]
    if len(wrong):
        raise refused(
            "labels",
            "`labels` must be from 0 to {highest} for a network with {classes} classes, and one is {label}: use labels"
            " of these classes, or a network with more.",
            highest=num_classes - 1,
            classes=num_classes,
            label=int(wrong[0]),
        )


def losses(network: nn.Module, images: Tensor, labels: Tensor, recipe: Recipe) -> Losses:
    """The loss of a training step on this batch, with its graph; raises `Refused` if the images do not pass."""
    try:
        outputs = network(images)
    except (RuntimeError, ValueError) as error:
        if is_out_of_memory(error):
            raise
        raise refused(
            "images",
            "`images` of the shape {shape} do not pass through the network ({error}): use the shape that it was built"
            " for, and more than one image where it normalises over the batch.",
            shape=tuple(images.shape),
            error=re.sub(r"\s+", " ", str(error)),
        ) from error
    logits = outputs[0] if isinstance(outputs, tuple) else outputs
    if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != len(images):
        raise refused(
            "network",
            "`network` must give logits of the shape (N, classes) for N images: use a network that classifies images.",
        )
    check_labels(labels, logits.shape[1])
    return training_loss(
        outputs, labels, label_smoothing=recipe.label_smoothing, auxiliary_weight=auxiliary_weight(network)
    )
