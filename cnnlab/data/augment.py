"""Augmentation: random changes of images that keep their class, for a whole batch at once, on the images' device.

All random numbers come from one generator, torch's own unless another is given, so that a seed reproduces them.
"""

import math
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

ERASED = (1 / 6, 1 / 2)
"""The smallest and the largest side of an erased rectangle, as shares of the image's side (Zhong et al. 2017)."""


class Augmentation(Protocol):
    """The fields of a recipe that matter here: in pixels, on or off, in degrees, and a probability."""

    @property
    def crop_padding(self) -> int: ...
    @property
    def flip(self) -> bool: ...
    @property
    def rotation(self) -> float: ...
    @property
    def erasing(self) -> float: ...


def augments(how: Augmentation) -> bool:
    """Whether any augmentation is on."""
    return bool(how.crop_padding or how.flip or how.rotation or how.erasing)


def augmented(images: Tensor, how: Augmentation, fill: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """The images (N, C, H, W) from 0 to 255 as float32, each augmented independently.

    Padding repeats the pixels at the edge; erased pixels are `fill` (C, 1, 1). The `generator` is on the images'
    device.
    """
    if how.crop_padding or how.flip:
        images = _shifted(images, how.crop_padding, flip=how.flip, generator=generator)
    images = images.to(torch.float32)
    if how.rotation:
        images = _rotated(images, how.rotation, generator)
    return _erased(images, how.erasing, fill, generator) if how.erasing else images


def _shifted(images: Tensor, most: int, *, flip: bool, generator: torch.Generator | None) -> Tensor:
    """Each image moved by up to `most` whole pixels in both directions, and half of them flipped left to right."""
    count, _, height, width = images.shape
    device = images.device
    down, right = torch.randint(-most, most + 1, (2, count, 1), device=device, generator=generator)
    columns = torch.arange(width, device=device).expand(count, -1)
    if flip:
        columns = torch.where(
            torch.rand(count, 1, device=device, generator=generator) < 0.5, width - 1 - columns, columns
        )
    rows = (torch.arange(height, device=device) + down).clamp(0, height - 1)
    columns = (columns + right).clamp(0, width - 1)
    one = torch.arange(count, device=device).view(-1, 1, 1)
    return images.permute(0, 2, 3, 1)[one, rows.unsqueeze(2), columns.unsqueeze(1)].permute(0, 3, 1, 2)


def _rotated(images: Tensor, most: float, generator: torch.Generator | None) -> Tensor:
    """Each image rotated about its centre by up to `most` degrees in either direction."""
    angles = (2 * torch.rand(len(images), device=images.device, generator=generator) - 1) * math.radians(most)
    cos, sin, zero = torch.cos(angles), torch.sin(angles), torch.zeros_like(angles)
    rotations = torch.stack([cos, -sin, zero, sin, cos, zero], dim=1).view(-1, 2, 3)
    grid = F.affine_grid(rotations, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _erased(images: Tensor, probability: float, fill: Tensor, generator: torch.Generator | None) -> Tensor:
    """Random erasing: in some of the images a rectangle of random size at a random position is filled."""
    count, _, height, width = images.shape
    device = images.device
    low, high = ERASED
    sides = low + (high - low) * torch.rand(2, count, 1, device=device, generator=generator)
    places = torch.rand(2, count, 1, device=device, generator=generator) * (1 - sides)
    y, x = (torch.arange(n, device=device).add(0.5).div(n) for n in (height, width))
    rows, columns = ((places[i] <= at) & (at < places[i] + sides[i]) for i, at in enumerate((y, x)))
    chosen = torch.rand(count, 1, 1, 1, device=device, generator=generator) < probability
    return torch.where(chosen & rows.view(count, 1, -1, 1) & columns.view(count, 1, 1, -1), fill, images)
