"""The images of one part of a set, by their numbers: their labels, and their pixels only where they are asked for."""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from cnnlab.data.cards import DatasetCard
from cnnlab.data.dataset import Dataset
from cnnlab.data.splits import Shares, split_dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOfSet:
    """The test or the validation images of a split, in its order: `labels` (N,) are their classes."""

    card: DatasetCard
    labels: Tensor
    _dataset: Dataset
    _places: Tensor

    def images(self, index: Tensor) -> Tensor:
        """The images at `index` (B,) as they are in the set: uint8 (B, C, H, W)."""
        places = self._places[index]
        result = self._dataset.train_images.new_empty((len(places), *self._dataset.train_images.shape[1:]))
        begin = 0
        for images in (self._dataset.train_images, self._dataset.test_images, self._dataset.validation_images):
            is_here = (places >= begin) & (places < begin + len(images))
            if is_here.any():
                result[is_here] = images[places[is_here] - begin]
            begin += len(images)
        return result


def part_of_set(dataset: Dataset, shares: Shares, part: Literal["validation", "test"]) -> PartOfSet:
    """What `split_dataset` gives as that part, without copying images. Raises `Refused` as it does."""
    # The split moves whatever stands for an image: here that is its place in the set.
    counts = [len(labels) for labels in (dataset.train_labels, dataset.test_labels, dataset.validation_labels)]
    train, test, validation = torch.split(torch.arange(sum(counts)), counts)
    numbered = replace(dataset, train_images=train, test_images=test, validation_images=validation)
    splits = split_dataset(numbered, shares)
    labels, places = (
        (splits.test_labels, splits.test_images)
        if part == "test"
        else (splits.validation_labels, splits.validation_images)
    )
    return PartOfSet(card=dataset.card, labels=labels, _dataset=dataset, _places=places)
