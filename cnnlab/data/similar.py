"""Which data set can take the place of another one, and what changes then."""

import math
from collections.abc import Iterable

from cnnlab.data.cards import DatasetCard
from cnnlab.words.sentence import Sentence, joined

MOST_NAMED = 10
"""Classes of a data set that are named in a sentence."""


def most_similar(card: DatasetCard, others: Iterable[DatasetCard]) -> DatasetCard:
    """The one of the `others` that a network for `card` needs the fewest changes for.

    Channels count first, then what the classes are, then the size of the images, then the number of classes. Of
    several that are alike in that, it is the one with the shortest name, which is the variant for general use. Raises
    `ValueError` if there are no others.

    >>> from cnnlab.data.cards import DATASETS
    >>> most_similar(DATASETS["cifar10"], [DATASETS["digits"], DATASETS["shapes_easy"], DATASETS["shapes"]]).name
    'shapes'
    """

    def distance(other: DatasetCard) -> tuple[float, ...]:
        return (
            other.in_channels != card.in_channels,
            other.classes != card.classes,
            abs(math.log(other.side / card.side)),
            abs(math.log(other.num_classes / card.num_classes)),
            len(other.name),
        )

    return min((other for other in others if other.name != card.name), key=distance)


def difference(card: DatasetCard, instead: DatasetCard) -> Sentence:
    """How the images and classes of `instead` differ from those of `card`.

    >>> from cnnlab.data.cards import DATASETS
    >>> print(difference(DATASETS["mnist"], DATASETS["mnist5k"]))
    Channels, image size and classes are the same; there are 4 000 training images instead of 60 000.
    """
    changed = []
    if instead.in_channels != card.in_channels:
        template = (
            "Its images have 1 channel instead of {old}."
            if instead.in_channels == 1
            else "Its images have {new} channels instead of {old}."
        )
        changed.append(Sentence(template, new=instead.in_channels, old=card.in_channels))
    if instead.side != card.side:
        changed.append(Sentence("They are {new}x{new} instead of {old}x{old} pixels.", new=instead.side, old=card.side))
    if instead.classes != card.classes:
        template = (
            "Its {new} classes are different: {names}."
            if instead.num_classes == card.num_classes
            else "It has {new} classes instead of {old}: {names}."
        )
        names = ", ".join(instead.classes[:MOST_NAMED])
        if instead.num_classes > MOST_NAMED:
            names += f" and {instead.num_classes - MOST_NAMED} more"
        changed.append(Sentence(template, new=instead.num_classes, old=card.num_classes, names=names))
    images = Sentence(
        "There are {new:,} training images instead of {old:,}."
        if changed
        else "Channels, image size and classes are the same; there are {new:,} training images instead of {old:,}.",
        new=instead.num_train,
        old=card.num_train,
    )
    return joined([*changed, images])
