"""A data set adapted to a network's input: its splits, its image size, its channels, normalised batch by batch."""

from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnlab.data.augment import Augmentation, augmented
from cnnlab.data.cards import DatasetCard
from cnnlab.data.dataset import Dataset
from cnnlab.data.fit import NetworkInput, fit_notes
from cnnlab.data.splits import Shares, Splits, split_dataset
from cnnlab.words.sentence import Sentence

RESIDENT_BYTES = 512 * 2**20
"""If the resized images would take more memory than this, each batch is resized when it is read."""

PART_VALUES = 2**22
"""Values of the images that are resized, or become grey, at a time: they take several times their memory meanwhile."""

LUMA = (0.299, 0.587, 0.114)
"""The weights of red, green and blue in the luma (ITU-R BT.601)."""


@dataclass(frozen=True, slots=True)
class _Everything:
    """All training images, and the set's own images to validate and to test on."""

    train_share: float = 1.0
    validation_share: float = 0.0
    test_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted(Splits):
    """A data set for a network that takes (N, in_channels, image_size, image_size); read it with `batch`.

    The images stay uint8, in their own channels or in one of grey, and have their own size if resized ones would take
    too much memory. `mean` and `std` (C, 1, 1) are of the training images on the scale from 0 to 255. `notes` are
    the changes made to the images.
    """

    card: DatasetCard
    mean: Tensor
    std: Tensor
    in_channels: int
    image_size: int
    notes: tuple[Sentence, ...]
    memory_format: torch.memory_format = torch.channels_last

    def batch(self, images: Tensor, index: Tensor, augmentation: Augmentation | None = None) -> Tensor:
        """The `images` at `index` (B,) as the network's input: float32, normalised to mean 0 and deviation 1.

        With `augmentation` each image is augmented first.
        """
        chosen = resized(images.index_select(0, index), self.image_size)
        changed = augmented(chosen, augmentation, self.mean) if augmentation else chosen.to(torch.float32)
        normalised = changed.sub_(self.mean).div_(self.std)
        return normalised.expand(-1, self.in_channels, -1, -1).contiguous(memory_format=self.memory_format)

    def as_kept(self, image: Tensor) -> Tensor:
        """An image of the set, uint8 (C, H, W), as those here are kept: (1, 1 or C, image_size, image_size)."""
        channels = image[None] if len(image) == len(self.mean) else grey(image[None])
        return resized(channels, self.image_size)

    def without_images(self) -> "Adapted":
        """The same for other images, as `batch` needs it: what it takes in memory is little."""
        parts = ("train", "validation", "test")
        names = [f"{part}_{what}" for part in parts for what in ("images", "labels")]
        emptied: dict[str, Any] = {name: getattr(self, name)[:0].clone() for name in names}
        return replace(self, **emptied)

    def to(self, device: torch.device) -> "Adapted":
        """The same data on `device`."""
        moved: dict[str, Any] = {
            field.name: value.to(device)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), Tensor)
        }
        return replace(self, **moved)


def adapt(dataset: Dataset, spec: NetworkInput, shares: Shares | None = None) -> Adapted:
    """The images in the network's size, by antialiased bilinear interpolation, and in its channels.

    Raises `Refused` if the network has fewer classes than the data.
    """
    card = dataset.card
    notes = fit_notes(card, spec)
    splits = split_dataset(dataset, shares or _Everything())
    num_images = sum(len(images) for images in (splits.train_images, splits.validation_images, splits.test_images))
    side = _kept_side(card, spec, num_images)
    train_images, validation_images, test_images = (
        resized(grey(images) if spec.in_channels != card.in_channels else images, side)
        for images in (splits.train_images, splits.validation_images, splits.test_images)
    )
    mean, std = mean_and_std(train_images)
    return Adapted(
        card=card,
        train_images=train_images,
        train_labels=splits.train_labels,
        validation_images=validation_images,
        validation_labels=splits.validation_labels,
        test_images=test_images,
        test_labels=splits.test_labels,
        mean=mean.view(-1, 1, 1),
        std=std.view(-1, 1, 1),
        in_channels=spec.in_channels,
        image_size=spec.image_size,
        notes=notes,
    )


def _kept_side(card: DatasetCard, spec: NetworkInput, num_images: int) -> int:
    """The side of the images in memory: the network's, unless they would take too much there."""
    fits = num_images * card.in_channels * spec.image_size**2 <= RESIDENT_BYTES
    return spec.image_size if fits else card.side


def adapted_bytes(card: DatasetCard, spec: NetworkInput) -> int:
    """What adapting all images of a set takes: those that it makes, and what a part of them takes meanwhile."""
    side = _kept_side(card, spec, card.num_images)
    is_grey = spec.in_channels != card.in_channels and card.in_channels > 1
    changed = card.num_images * (1 if is_grey else card.in_channels) * side**2
    grey_bytes = card.num_images * card.side**2 if is_grey and side != card.side else 0
    meanwhile = 3 * 4 * PART_VALUES if is_grey or spec.image_size != card.side else 0
    return (changed if side != card.side or is_grey else 0) + grey_bytes + meanwhile


def resized(images: Tensor, side: int) -> Tensor:
    """uint8 (N, C, H, H) to (N, C, side, side), by antialiased bilinear interpolation."""
    native = images.shape[-1]
    if native == side:
        return images
    # The interpolation is linear, and the same along rows and columns: what it does to the identity is a matrix, and
    # two products with it are ten times faster than interpolating. A few images at a time: they are floats meanwhile.
    # Autocast would round them to three digits.
    with torch.autocast(images.device.type, enabled=False):
        along = _interpolation(native, side, images.device)
        num_images = _images_of_part(images.shape[1], max(native, side))
        if len(images) <= num_images:
            return (along @ images.float() @ along.T).round_().to(images.dtype)
        result = images.new_empty((*images.shape[:2], side, side))
        for part, target in zip(torch.split(images, num_images), torch.split(result, num_images), strict=True):
            target.copy_((along @ part.float() @ along.T).round_())
    return result


@lru_cache(maxsize=16)
def _interpolation(native: int, side: int, device: torch.device) -> Tensor:
    """The matrix (side, native) that resizes rows, and transposed columns."""
    with torch.inference_mode(False):
        identity = torch.eye(native, device=device)[None, None]
        return F.interpolate(identity, (side, native), mode="bilinear", antialias=True)[0, 0]


def _images_of_part(channels: int, side: int) -> int:
    return max(1, min(256, PART_VALUES // (channels * side**2)))


def grey(images: Tensor) -> Tensor:
    """uint8 (N, C, H, W) to (N, 1, H, W): the luma of red, green and blue, or the mean of other channels."""
    channels = images.shape[1]
    if channels == 1:
        return images
    shares = torch.tensor(LUMA if channels == 3 else (1 / channels,) * channels)
    result = images.new_empty((len(images), 1, *images.shape[2:]))
    num_images = _images_of_part(channels, images.shape[-1])
    for part, target in zip(torch.split(images, num_images), torch.split(result, num_images), strict=True):
        target.copy_((part * shares.view(1, -1, 1, 1)).sum(1, keepdim=True).round())
    return result


def mean_and_std(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation per channel, as float32 (C,), from a histogram of the bytes."""
    levels = torch.arange(256, dtype=torch.float64)
    shares = torch.stack([torch.bincount(channel.flatten(), minlength=256) for channel in images.unbind(1)]).double()
    shares /= shares.sum(1, keepdim=True)
    mean = shares @ levels
    std = (shares @ levels.square() - mean.square()).clamp(min=0).sqrt()
    # A constant channel is not scaled.
    return mean.float(), torch.where(std > 0, std, 1.0).float()
