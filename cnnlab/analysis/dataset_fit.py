"""The same network for the images of a data set."""

from cnnlab.architectures import NetworkSpec
from cnnlab.building import diagnose
from cnnlab.data.cards import DatasetCard

USUAL_SIDES = (28, 32, 64, 96, 128, 224)
"""Image sizes in pixels that are tried, from the data's own on."""

FAR = 2
"""An image size more than so many times the fitting one costs much and shows nothing that the data have."""


def fitting(spec: NetworkSpec, card: DatasetCard) -> NetworkSpec:
    """`spec` itself where it takes the data about as they are, or else `fitted`.

    >>> from cnnlab.architectures import preset
    >>> from cnnlab.data.cards import DATASETS
    >>> fitting(preset("lenet5_tutorial"), DATASETS["mnist"]) == preset("lenet5_tutorial")
    True
    """
    other = fitted(spec, card)
    same = (spec.in_channels, spec.num_classes) == (other.in_channels, other.num_classes)
    return spec if same and spec.image_size <= FAR * other.image_size else other


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
