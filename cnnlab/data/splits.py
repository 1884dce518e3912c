"""Which images are learnt from, which tell when to stop, and which test: shares of a set, the same for every seed.

The images are taken evenly from each class, in the order of the set, without random numbers: runs with the same shares
see the same images, and what differs between their seeds is chance.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from cnnlab.data.dataset import Dataset


class Shares(Protocol):
    """What is asked of a recipe. 0 leaves the set's own test images as they are, and none to validate on."""

    @property
    def train_share(self) -> float: ...
    @property
    def validation_share(self) -> float: ...
    @property
    def test_share(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Images as uint8 (N, C, H, W), labels as int64 (N,); there may be none to validate on."""

    train_images: Tensor
    train_labels: Tensor
    validation_images: Tensor
    validation_labels: Tensor
    test_images: Tensor
    test_labels: Tensor


def divided(dataset: Dataset, shares: Shares) -> Parts:
    """The set in three parts: first the test images are put aside, then those to validate on, then the rest is thinned.

    Each class keeps at least one image to learn from.
    """
    images, labels = dataset.train_images, dataset.train_labels
    test_images, test_labels = dataset.test_images, dataset.test_labels
    if shares.test_share:
        images, labels = torch.cat([images, test_images]), torch.cat([labels, test_labels])
        chosen = evenly(labels, shares.test_share)
        test_images, test_labels = images[chosen], labels[chosen]
        images, labels = images[~chosen], labels[~chosen]
    validation_images, validation_labels = images[:0], labels[:0]
    if shares.validation_share:
        chosen = evenly(labels, shares.validation_share)
        validation_images, validation_labels = images[chosen], labels[chosen]
        images, labels = images[~chosen], labels[~chosen]
    if shares.train_share < 1:
        left_out = evenly(labels, 1 - shares.train_share)
        images, labels = images[~left_out], labels[~left_out]
    return Parts(
        train_images=images,
        train_labels=labels,
        validation_images=validation_images,
        validation_labels=validation_labels,
        test_images=test_images,
        test_labels=test_labels,
    )


def evenly(labels: Tensor, share: float) -> Tensor:
    """Which of the images make up so large a share of each class, as bool (N,); never all of a class.

    >>> evenly(torch.tensor([0, 0, 0, 0, 1, 1, 1, 1]), 0.5).tolist()
    [False, True, False, True, False, True, False, True]
    """
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    for label in torch.unique(labels):
        places = (labels == label).nonzero().squeeze(1)
        count = min(round(share * len(places)), len(places) - 1)
        # The middles of `count` equal stretches.
        chosen[places[((torch.arange(count) + 0.5) * len(places) / max(count, 1)).long()]] = True
    return chosen
