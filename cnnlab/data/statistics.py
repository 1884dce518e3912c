"""Statistics of a set: how many images each class has in each split, and the mean and deviation of the pixels."""

from dataclasses import dataclass

import torch

from cnnlab.data.adapted import mean_and_std
from cnnlab.data.loading import load
from cnnlab.data.splits import Shares, split_dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Images per class, in the order of the classes; `mean` and `std` per channel, from 0 (black) to 1 (white)."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def num_train(self) -> int:
        return sum(self.train)

    @property
    def num_validation(self) -> int:
        return sum(self.validation)

    @property
    def num_test(self) -> int:
        return sum(self.test)


def dataset_statistics(name: str, shares: Shares) -> Statistics:
    """The statistics of a set with these splits. Raises `Refused` if the set is not available."""
    dataset = load(name)
    splits = split_dataset(dataset, shares)
    mean, std = mean_and_std(splits.train_images)
    train, validation, test = (
        tuple(torch.bincount(labels, minlength=dataset.card.num_classes).tolist())
        for labels in (splits.train_labels, splits.validation_labels, splits.test_labels)
    )
    return Statistics(
        train=train,
        validation=validation,
        test=test,
        mean=tuple((mean / 255).tolist()),
        std=tuple((std / 255).tolist()),
    )
