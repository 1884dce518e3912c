"""A network's spec adapted to the images of a data set."""

from cnnlab.architectures import NetworkSpec
from cnnlab.building import diagnose, with_entry
from cnnlab.data.cards import DatasetCard
from cnnlab.spec import Problem, Refused
from cnnlab.words.sentence import Sentence

MAX_ENLARGEMENT = 2
"""Enlarging images by more than this factor costs much and adds no information."""

COMMON_SIDES = (28, 32, 64, 96, 128, 224)
"""Sizes in pixels that networks were made for, one of which is tried if that of the data is too small."""


def match_dataset(spec: NetworkSpec, card: DatasetCard) -> NetworkSpec:
    """`spec` with the channels and classes of the data set, and the smallest image size that it works with.

    A network that takes no other channels keeps its own: the images are adapted to it. Raises `Refused` if the network
    cannot have so many classes, or works with none of the sizes.

    >>> from cnnlab.architectures import preset
    >>> from cnnlab.data.cards import DATASETS
    >>> match_dataset(preset("resnet18"), DATASETS["mnist5k"]).changes_from(preset("resnet18"))
    {'in_channels': 1, 'image_size': 28, 'num_classes': 10}
    """
    same = spec.replace(num_classes=card.num_classes)
    same = with_entry(same, "in_channels", None, card.in_channels) or same
    sides = dict.fromkeys([card.side, *(side for side in COMMON_SIDES if side > card.side), spec.image_size])
    for side in sides:
        resized = with_entry(same, "image_size", None, side)
        if resized is not None and diagnose(resized) is None:
            return resized
    sentence = Sentence(
        "The network works with none of the image sizes {sides}, to which the images of {title} can be resized: choose"
        " another network, or other data.",
        sides=", ".join(map(str, sides)),
        title=card.title,
    )
    raise Refused([Problem("image_size", sentence)])


def match_dataset_if_needed(spec: NetworkSpec, card: DatasetCard) -> NetworkSpec:
    """`spec` itself where it takes about the images of the data set, and else as `match_dataset` makes it.

    Raises `Refused` where that does.

    >>> from cnnlab.architectures import preset
    >>> from cnnlab.data.cards import DATASETS
    >>> match_dataset_if_needed(preset("lenet5_tutorial"), DATASETS["mnist"]) == preset("lenet5_tutorial")
    True
    """
    matched = match_dataset(spec, card)
    same = (spec.in_channels, spec.num_classes) == (matched.in_channels, matched.num_classes)
    return spec if same and spec.image_size <= MAX_ENLARGEMENT * matched.image_size else matched
