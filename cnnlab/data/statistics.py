"""Statistics of a set: how many images each class has in each split, and the mean and deviation of the pixels."""

from dataclasses import dataclass

import torch

from cnnlab.data.adapted import mean_and_std
from cnnlab.data.cautions import cautions
from cnnlab.data.dataset import Dataset
from cnnlab.data.loading import load
from cnnlab.data.splits import Shares, Splits, split_dataset
from cnnlab.words.sentence import Sentence

MANY = 64
"""Images that are looked at together: most sets are done with the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Images per class, in the order of the classes; `mean` and `std` per channel, from 0 (black) to 1 (white).

    `cautions` are what a person should know before a network learns from these images.
    """

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    cautions: tuple[Sentence, ...] = ()

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
    return statistics(load(name), shares)


def statistics(dataset: Dataset, shares: Shares) -> Statistics:
    """The statistics of a set with these splits."""
    splits = split_dataset(dataset, shares)
    mean, std = mean_and_std(splits.train_images)
    train, validation, test = (
        tuple(torch.bincount(labels, minlength=dataset.card.num_classes).tolist())
        for labels in (splits.train_labels, splits.validation_labels, splits.test_labels)
    )
    constant = [_is_constant(splits, label) for label in range(dataset.card.num_classes)]
    return Statistics(
        train=train,
        validation=validation,
        test=test,
        mean=tuple((mean / 255).tolist()),
        std=tuple((std / 255).tolist()),
        cautions=tuple(cautions(dataset.card, train, test, constant)),
    )


def _is_constant(splits: Splits, label: int) -> bool:
    """Whether all training pixels of the class have one value in each channel."""
    indices = (splits.train_labels == label).nonzero().squeeze(1)
    first = splits.train_images[indices[:1], :, :1, :1]
    return all(bool((splits.train_images[i] == first).all()) for i in torch.split(indices, MANY))
