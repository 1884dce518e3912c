"""Splits of a set into training, validation and test images: shares of the set, the same for every seed.

The splits are stratified by class, in the order of the set, without random numbers: runs with the same shares use the
same images, whatever their seed.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from cnnlab.data.dataset import Dataset
from cnnlab.spec import Problem, Refused, set_to
from cnnlab.words.sentence import Sentence


class Shares(Protocol):
    """The fields of a recipe that matter here. 0 keeps the images that the set has for testing and for validation."""

    @property
    def train_share(self) -> float: ...
    @property
    def validation_share(self) -> float: ...
    @property
    def test_share(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """Images as uint8 (N, C, H, W), labels as int64 (N,); there may be no validation images."""

    train_images: Tensor
    train_labels: Tensor
    validation_images: Tensor
    validation_labels: Tensor
    test_images: Tensor
    test_labels: Tensor


def split_dataset(dataset: Dataset, shares: Shares) -> Splits:
    """The set in three splits: test images are held out first, then validation images, and the rest is reduced.

    Each class keeps at least one training image, and gives at least one to each other split where it has two. Images
    that the set has for validation stay there, or are split again with the training images. Raises `Refused` if no
    image can be held out.
    """
    images, labels = dataset.train_images, dataset.train_labels
    test_images, test_labels = dataset.test_images, dataset.test_labels
    validation_images, validation_labels = images[:0], labels[:0]
    has_own = len(dataset.validation_labels) > 0
    if shares.test_share:
        images, labels = torch.cat([images, test_images]), torch.cat([labels, test_labels])
        chosen = stratified_mask(labels, shares.test_share, least=1)
        test_images, test_labels = images[chosen], labels[chosen]
        images, labels = images[~chosen], labels[~chosen]
    _check_share(test_labels, "test_share", shares.test_share)
    if shares.validation_share:
        if has_own:
            images = torch.cat([images, dataset.validation_images])
            labels = torch.cat([labels, dataset.validation_labels])
        chosen = stratified_mask(labels, shares.validation_share, least=1)
        validation_images, validation_labels = images[chosen], labels[chosen]
        images, labels = images[~chosen], labels[~chosen]
        _check_share(validation_labels, "validation_share", shares.validation_share)
    elif has_own:
        validation_images, validation_labels = dataset.validation_images, dataset.validation_labels
    if shares.train_share < 1:
        left_out = stratified_mask(labels, 1 - shares.train_share)
        images, labels = images[~left_out], labels[~left_out]
    return Splits(
        train_images=images,
        train_labels=labels,
        validation_images=validation_images,
        validation_labels=validation_labels,
        test_images=test_images,
        test_labels=test_labels,
    )


def stratified_mask(labels: Tensor, share: float, *, least: int = 0) -> Tensor:
    """A mask, bool (N,), of this share of the images of each class, evenly spaced; never all of a class.

    Of each class at least `least` images are chosen, if it has more.

    >>> stratified_mask(torch.tensor([0, 0, 0, 0, 1, 1, 1, 1]), 0.5).tolist()
    [False, True, False, True, False, True, False, True]
    """
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    for label in torch.unique(labels):
        indices = (labels == label).nonzero().squeeze(1)
        count = min(max(round(share * len(indices)), least), len(indices) - 1)
        # The middles of `count` intervals of equal length.
        chosen[indices[((torch.arange(count) + 0.5) * len(indices) / max(count, 1)).long()]] = True
    return chosen


def _check_share(labels: Tensor, field: str, share: float) -> None:
    if not len(labels):
        remedies = (set_to(field, 0.0),) if share else ()
        add_images = Sentence("add images")
        sentence = Sentence(
            "`{field}` must hold out at least one image of a class, and no class has two, so {share:g} holds out none:"
            " {remedy}.",
            field=field,
            share=share,
            remedy=Sentence("{what}, or {other}", what=remedies[0].what, other=add_images) if remedies else add_images,
        )
        raise Refused([Problem(field, sentence, remedies=remedies)])
