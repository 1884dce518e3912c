"""A network's spec adapted to the images of a data set."""

from cnnlab.architectures import NetworkSpec
from cnnlab.building import diagnose
from cnnlab.data.cards import DatasetCard

MAX_ENLARGEMENT = 2
"""Enlarging images by more than this factor costs much and adds no information."""


def match_dataset(spec: NetworkSpec, card: DatasetCard) -> NetworkSpec:
    """`spec` with the channels and classes of the data set, and the smallest image size that it works with.

    >>> from cnnlab.architectures import preset
    >>> from cnnlab.data.cards import DATASETS
    >>> match_dataset(preset("resnet18"), DATASETS["mnist5k"]).changes_from(preset("resnet18"))
    {'in_channels': 1, 'image_size': 28, 'num_classes': 10}
    """
    same = spec.replace(in_channels=card.in_channels, num_classes=card.num_classes)
    sides = [card.side, *(side for side in (28, 32, 64, 96, 128, 224) if side > card.side)]
    works = (resized for side in sides if diagnose(resized := same.replace(image_size=side)) is None)
    return next(works, same)


def match_dataset_if_needed(spec: NetworkSpec, card: DatasetCard) -> NetworkSpec:
    """`spec` itself where it takes about the images of the data set, and else as `match_dataset` makes it.

    >>> from cnnlab.architectures import preset
    >>> from cnnlab.data.cards import DATASETS
    >>> match_dataset_if_needed(preset("lenet5_tutorial"), DATASETS["mnist"]) == preset("lenet5_tutorial")
    True
    """
    matched = match_dataset(spec, card)
    same = (spec.in_channels, spec.num_classes) == (matched.in_channels, matched.num_classes)
    return spec if same and spec.image_size <= MAX_ENLARGEMENT * matched.image_size else matched
