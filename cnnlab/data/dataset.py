"""A data set as tensors, and its split into training and test images."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cnnlab.data.cards import DatasetCard

TEST_EVERY = 5
"""Each fifth image of a class is for testing: a split that needs no random numbers and never changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Images as uint8 (N, C, H, W) from 0 to 255, labels as int64 (N,)."""

    card: DatasetCard
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor


def split_by_class(card: DatasetCard, images: Tensor, labels: Tensor, is_test: Tensor | None = None) -> Dataset:
    """The set with the images of `is_test`, bool (N,), for testing; by default each fifth of a class, at least one."""
    if is_test is None:
        is_test = torch.zeros(len(labels), dtype=torch.bool)
        for label in range(card.num_classes):
            indices = (labels == label).nonzero().squeeze(1)
            is_test[indices[min(TEST_EVERY, len(indices)) - 1 :: TEST_EVERY]] = True
    return Dataset(
        card=card,
        train_images=images[~is_test],
        train_labels=labels[~is_test],
        test_images=images[is_test],
        test_labels=labels[is_test],
    )
