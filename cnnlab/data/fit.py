"""Whether a network can learn from a data set, and what is done to the images so that it can. Loads no images."""

from typing import Protocol

from cnnlab.data.cards import DatasetCard
from cnnlab.spec import Problem, Refused


class Takes(Protocol):
    """What is asked of a network's spec."""

    @property
    def in_channels(self) -> int: ...
    @property
    def image_size(self) -> int: ...
    @property
    def num_classes(self) -> int: ...


def fit_notes(card: DatasetCard, spec: Takes) -> tuple[str, ...]:
    """A sentence for each thing that is done to the images, or that is odd about the fit.

    Raises `Refused` if the network has fewer classes than the data.
    """
    if spec.num_classes < card.num_classes:
        raise Refused(
            [
                Problem(
                    "num_classes",
                    f"`num_classes` must be at least the {card.num_classes} classes of {card.title}, and it is"
                    f" {spec.num_classes}: use {card.num_classes}.",
                )
            ]
        )
    notes: list[str] = []
    if spec.num_classes > card.num_classes:
        notes.append(
            f"The data have {card.num_classes} classes and the network {spec.num_classes}: the outputs without a class"
            " only learn to stay silent."
        )
    if spec.image_size != card.side:
        notes.append(
            f"The images are {card.side}x{card.side} and the network takes {spec.image_size}x{spec.image_size}:"
            " they are resized."
        )
    if spec.in_channels != card.in_channels:
        notes.append(_channel_note(card.in_channels, spec.in_channels))
    return tuple(notes)


def _channel_note(had: int, takes: int) -> str:
    have = f"The images have {had} channel{'s' if had > 1 else ''} and the network takes {takes}:"
    if had == 1:
        return f"{have} the channel is repeated."
    return f"{have} they become grey." if takes == 1 else f"{have} they become grey, and that channel is repeated."
