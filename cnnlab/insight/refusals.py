"""What functions that look into a network refuse: images, layers and classes that the network does not have."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from cnnlab.spec import Problem, Refused
from cnnlab.words.sentence import Sentence


def refused(field: str, template: str, /, **values: Any) -> Refused:
    """The refusal of an argument, with a sentence made of a template."""
    return Refused([Problem(field, Sentence(template, **values))])


def checked_images(network: nn.Module, images: Tensor, *, must_be_finite: bool = True) -> Tensor:
    """The images (N, C, H, W) as a tensor of its own, on the device and in the number type of the network.

    Raises `Refused` if they are no such batch, or, unless they may, have values that are not finite.
    """
    if images.dim() != 4 or not images.numel():
        raise refused(
            "images",
            "`images` must be a batch of the shape (images, channels, height, width) with at least one image, and their"
            " shape is {shape}: for one image, use image[None].",
            shape=tuple(images.shape),
        )
    if not images.is_floating_point():
        raise refused(
            "images",
            "`images` must be floating-point numbers, normalised as in training, and they are {type}: use"
            " images.float() and normalise them.",
            type=str(images.dtype).removeprefix("torch."),
        )
    if must_be_finite and not images.isfinite().all():
        raise refused("images", "`images` must be finite, and some values are infinite or no numbers: replace them.")
    like = next(network.parameters(), images)
    return images.detach().to(like.device, like.dtype)


def checked_targets(scores: Tensor, target: int | Sequence[int] | None) -> Tensor:
    """The class of each image (N,), as integers: that given, or of the highest of the scores (N, classes).

    Raises `Refused` if there is no such class, or not one for each image.
    """
    num_images, num_classes = scores.shape
    if target is None:
        return scores.argmax(1)
    targets = [int(each) for each in target] if isinstance(target, Iterable) else [int(target)] * num_images
    if len(targets) != num_images:
        raise refused(
            "target",
            "`target` must be one class, or one for each image, and it has {given} for {images} images: give as many.",
            given=len(targets),
            images=num_images,
        )
    for each in targets:
        if not 0 <= each < num_classes:
            raise refused(
                "target",
                "`target` must be a class from 0 to {last}, and it is {target}: use one of these.",
                last=num_classes - 1,
                target=each,
            )
    return torch.tensor(targets, device=scores.device)


def checked_count(field: str, value: int, most: int) -> int:
    """The value, if it is from 1 to `most`; raises `Refused`."""
    if not 1 <= value <= most:
        raise refused(
            field,
            "`{field}` must be from 1 to {most}, and it is {value}: use one of these.",
            field=field,
            most=most,
            value=value,
        )
    return value
