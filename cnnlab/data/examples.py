"""Sample images of a set: some of each class, and augmented versions of them."""

import numpy as np
import numpy.typing as npt
import torch

from cnnlab.data.augment import Augmentation, augmented
from cnnlab.data.loading import load

Pictures = npt.NDArray[np.uint8]


def samples_per_class(name: str, count: int) -> list[Pictures]:
    """For each class its first training images, at most `count`, as uint8 (N, C, H, W). Raises `Refused`."""
    dataset = load(name)
    chosen = (dataset.train_images[dataset.train_labels == i][:count] for i in range(dataset.card.num_classes))
    return [images.numpy() for images in chosen]


def augmented_variants(name: str, how: Augmentation, *, seed: int, num_images: int, num_variants: int) -> Pictures:
    """Images of different classes, each followed by augmented variants: uint8 (N · (1 + variants), C, H, W).

    The same seed gives the same variants; torch's random state is neither read nor changed. Raises `Refused`.
    """
    dataset = load(name)
    images = torch.stack([dataset.train_images[dataset.train_labels == i][0] for i in range(num_images)])
    fill = torch.full((images.shape[1], 1, 1), 128.0)
    generator = torch.Generator().manual_seed(seed)
    rounds = [images.float(), *(augmented(images, how, fill, generator) for _ in range(num_variants))]
    together = torch.stack(rounds, dim=1).flatten(0, 1)
    pictures: Pictures = together.round().to(torch.uint8).numpy()
    return pictures
