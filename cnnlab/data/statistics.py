"""What can be measured about a set: how many images of each class there are for what, and how bright they are."""

from dataclasses import dataclass

import torch

from cnnlab.data.adapted import mean_and_std
from cnnlab.data.loading import load
from cnnlab.data.splits import Shares, divided


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
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


def facts(name: str, shares: Shares) -> Facts:
    """The facts of a set that is divided so. Raises `Refused` if it is not here."""
    dataset = load(name)
    parts = divided(dataset, shares)
    mean, std = mean_and_std(parts.train_images)
    train, validation, test = (
        tuple(torch.bincount(labels, minlength=dataset.card.num_classes).tolist())
        for labels in (parts.train_labels, parts.validation_labels, parts.test_labels)
    )
    return Facts(
        train=train,
        validation=validation,
        test=test,
        mean=tuple((mean / 255).tolist()),
        std=tuple((std / 255).tolist()),
    )
