"""What a person should know about a set before a network learns from it: sentences for its card."""

from collections.abc import Iterator, Sequence

from cnnlab.data.cards import DatasetCard
from cnnlab.words import numbers
from cnnlab.words.sentence import Sentence

MIN_IMBALANCE = 3
"""How many times as many training images the largest class has as the smallest, for a caution."""


def cautions(
    card: DatasetCard, train: Sequence[int], test: Sequence[int], constant: Sequence[bool]
) -> Iterator[Sentence]:
    """Sentences on the whole set, with the images per class in two splits.

    `constant` are the classes of whose pixels all have one value.
    """
    yield from _of_balance(card, train, test)
    yield from _of_constants(card, constant)
    if card.num_transparent:
        yield Sentence(
            "{count} of {total} images are transparent in parts: they are composited on white, here and for the"
            " network.",
            count=numbers.exact(card.num_transparent),
            total=numbers.exact(card.num_images),
        )
    if card.num_left_out:
        yield Sentence(
            "The zip has {count} text files beside the images: they were left out.",
            count=numbers.exact(card.num_left_out),
        )


def _of_balance(card: DatasetCard, train: Sequence[int], test: Sequence[int]) -> Iterator[Sentence]:
    largest, smallest = (f(range(len(train)), key=lambda i: train[i]) for f in (max, min))
    if train[largest] < MIN_IMBALANCE * train[smallest]:
        return
    yield Sentence(
        "The classes are unbalanced: {largest} has {most} training images and {smallest} has {fewest}. A network that"
        " always answers {largest} has a test accuracy of {accuracy}: compare with that, and add images of the small"
        " classes.",
        largest=card.classes[largest],
        most=numbers.exact(train[largest]),
        smallest=card.classes[smallest],
        fewest=numbers.exact(train[smallest]),
        accuracy=f"{test[largest] / sum(test):.1%}" if sum(test) else "–",
    )


def _of_constants(card: DatasetCard, constant: Sequence[bool]) -> Iterator[Sentence]:
    if all(constant):
        yield Sentence(
            "All pixels of each class have one value: there is nothing to see in these images, so look whether they"
            " were saved as they should be."
        )
        return
    for label, is_constant in zip(card.classes, constant, strict=True):
        if is_constant:
            yield Sentence(
                "All pixels of the class {label} have one value: there is nothing to see in its images, so look whether"
                " they were saved as they should be.",
                label=label,
            )
