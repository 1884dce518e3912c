"""A data set made to fit what a network takes: its parts, its image size, its channels, normalised as it is read."""

from dataclasses import dataclass, fields, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnlab.data.augment import Augmentation, augmented
from cnnlab.data.cards import DatasetCard
from cnnlab.data.dataset import Dataset
from cnnlab.data.fit import Takes, fit_notes
from cnnlab.data.splits import Parts, Shares, divided

RESIDENT_BYTES = 512 * 2**20
"""Images that would take more memory than this once resized are resized as each batch is taken."""

LUMA = (0.299, 0.587, 0.114)
"""How bright red, green and blue look, as shares of one (ITU-R BT.601)."""


@dataclass(frozen=True, slots=True)
class _Everything:
    """All training images to learn from, none to validate on, and the set's own test images."""

    train_share: float = 1.0
    validation_share: float = 0.0
    test_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted(Parts):
    """A data set made to fit a network that takes (N, in_channels, image_size, image_size); read it with `batch`.

    The images stay bytes, with the channels they had or one of grey, and at their own size if resized ones would take
    too much memory. `mean` and `std` (C, 1, 1) are of the training images on the scale from 0 to 255. `notes` are
    sentences that say what is done to the images.
    """

    card: DatasetCard
    mean: Tensor
    std: Tensor
    in_channels: int
    image_size: int
    notes: tuple[str, ...]
    memory_format: torch.memory_format = torch.channels_last

    def batch(self, images: Tensor, index: Tensor, augmentation: Augmentation | None = None) -> Tensor:
        """The `images` at `index` (B,) as the network takes them: float32, mean 0 and deviation 1 over the data.

        With `augmentation` each is changed at random first.
        """
        chosen = resized(images.index_select(0, index), self.image_size)
        changed = augmented(chosen, augmentation, self.mean) if augmentation else chosen.to(torch.float32)
        normalised = changed.sub_(self.mean).div_(self.std)
        return normalised.expand(-1, self.in_channels, -1, -1).contiguous(memory_format=self.memory_format)

    def to(self, device: torch.device) -> "Adapted":
        """The same data in the memory of `device`."""
        moved: dict[str, Any] = {
            field.name: value.to(device)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), Tensor)
        }
        return replace(self, **moved)


def adapt(dataset: Dataset, spec: Takes, shares: Shares | None = None) -> Adapted:
    """The images as the network takes them: its size, by antialiased bilinear interpolation, and its channels.

    Raises `Refused` if the network has fewer classes than the data.
    """
    card = dataset.card
    notes = fit_notes(card, spec)
    parts = divided(dataset, shares or _Everything())
    num_images = sum(len(images) for images in (parts.train_images, parts.validation_images, parts.test_images))
    fits = num_images * card.in_channels * spec.image_size**2 <= RESIDENT_BYTES
    side = spec.image_size if fits else card.side
    train_images, validation_images, test_images = (
        resized(grey(images) if spec.in_channels != card.in_channels else images, side)
        for images in (parts.train_images, parts.validation_images, parts.test_images)
    )
    mean, std = mean_and_std(train_images)
    return Adapted(
        card=card,
        train_images=train_images,
        train_labels=parts.train_labels,
        validation_images=validation_images,
        validation_labels=parts.validation_labels,
        test_images=test_images,
        test_labels=parts.test_labels,
        mean=mean.view(-1, 1, 1),
        std=std.view(-1, 1, 1),
        in_channels=spec.in_channels,
        image_size=spec.image_size,
        notes=notes,
    )


def resized(images: Tensor, side: int) -> Tensor:
    """uint8 (N, C, H, H) to (N, C, side, side), by antialiased bilinear interpolation."""
    native = images.shape[-1]
    if native == side:
        return images
    # The interpolation is linear, and the same along rows and columns: what it does to the identity is a matrix, and
    # two products with it are ten times faster than interpolating. A few images at a time: they are floats meanwhile.
    identity = torch.eye(native, device=images.device)[None, None]
    along = F.interpolate(identity, (side, native), mode="bilinear", antialias=True)[0, 0]
    parts = [(along @ part.float() @ along.T).round_().to(torch.uint8) for part in torch.split(images, 256)]
    return torch.cat(parts)


def grey(images: Tensor) -> Tensor:
    """uint8 (N, C, H, W) to (N, 1, H, W): how bright red, green and blue look, or the mean of other channels."""
    channels = images.shape[1]
    if channels == 1:
        return images
    shares = torch.tensor(LUMA if channels == 3 else (1 / channels,) * channels)
    return (images * shares.view(1, -1, 1, 1)).sum(1, keepdim=True).round().to(torch.uint8)


def mean_and_std(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation per channel, as float32 (C,), by counting how often each byte occurs."""
    levels = torch.arange(256, dtype=torch.float64)
    shares = torch.stack([torch.bincount(channel.flatten(), minlength=256) for channel in images.unbind(1)]).double()
    shares /= shares.sum(1, keepdim=True)
    mean = shares @ levels
    std = (shares @ levels.square() - mean.square()).clamp(min=0).sqrt()
    # A channel that is the same everywhere has nothing to scale.
    return mean.float(), torch.where(std > 0, std, 1.0).float()
