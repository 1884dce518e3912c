"""The same network for the images of a data set."""

from cnnlab.architectures import NetworkSpec
from cnnlab.building import diagnose
from cnnlab.data.cards import DatasetCard

USUAL_SIDES = (28, 32, 64, 96, 128, 224)
"""Image sizes in pixels that are tried, from the data's own on."""


def fitted(spec: NetworkSpec, card: DatasetCard) -> NetworkSpec:
    """`spec` with the channels and classes of the data, and the smallest image size that it works with.

    >>> from cnnlab.architectures import preset
    >>> from cnnlab.data.cards import DATASETS
    >>> fitted(preset("resnet18"), DATASETS["mnist5k"]).changes_from(preset("resnet18"))
    {'in_channels': 1, 'image_size': 28, 'num_classes': 10}
    """
    same = spec.replace(in_channels=card.in_channels, num_classes=card.num_classes)
    sides = [card.side, *(side for side in USUAL_SIDES if side > card.side)]
    works = (resized for side in sides if diagnose(resized := same.replace(image_size=side)) is None)
    return next(works, same)
