"""A data set as tensors, and its split into training and test images."""

from dataclasses import dataclass, field, fields

import torch
from torch import Tensor

from cnnlab.data.cards import DatasetCard

TEST_EVERY = 5
"""Each fifth image of a class is for testing: a split that needs no random numbers and never changes."""


def _none() -> Tensor:
    return torch.empty(0, dtype=torch.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Images as uint8 (N, C, H, W) from 0 to 255, labels as int64 (N,).

    A set that comes with images to validate on has them apart; others have none.
    """

    card: DatasetCard
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    validation_images: Tensor = field(default_factory=_none)
    validation_labels: Tensor = field(default_factory=_none)

    def tensors(self) -> dict[str, Tensor]:
        """The tensors by their names, those that have something in them."""
        found = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "card"}
        return {name: tensor for name, tensor in found.items() if len(tensor)}


def each_fifth(labels: Tensor, num_classes: int) -> Tensor:
    """A mask, bool (N,), of each fifth image of a class, and at least one of each class that has two."""
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    for label in range(num_classes):
        indices = (labels == label).nonzero().squeeze(1)
        if len(indices) > 1:
            chosen[indices[min(TEST_EVERY, len(indices)) - 1 :: TEST_EVERY]] = True
    return chosen


def split_by_class(card: DatasetCard, images: Tensor, labels: Tensor) -> Dataset:
    """The set with each fifth image of a class for testing."""
    is_test = each_fifth(labels, card.num_classes)
    return Dataset(
        card=card,
        train_images=images[~is_test],
        train_labels=labels[~is_test],
        test_images=images[is_test],
        test_labels=labels[is_test],
    )
