"""Whether a network can learn from a data set, and what is done to the images so that it can. Loads no images."""

from typing import Protocol

from cnnlab.data.cards import DatasetCard
from cnnlab.spec import Problem, Refused, set_to
from cnnlab.words.sentence import Sentence


class NetworkInput(Protocol):
    """The fields of a network's spec that matter here."""

    @property
    def in_channels(self) -> int: ...
    @property
    def image_size(self) -> int: ...
    @property
    def num_classes(self) -> int: ...


def fit_notes(card: DatasetCard, spec: NetworkInput) -> tuple[Sentence, ...]:
    """A sentence for each change of the images, and for output units without a class.

    Raises `Refused` if the network has fewer classes than the data.
    """
    if spec.num_classes < card.num_classes:
        sentence = Sentence(
            "`num_classes` must be at least the {least} classes of {title}, and it is {value}: use {least}.",
            least=card.num_classes,
            title=card.title,
            value=spec.num_classes,
        )
        enough = set_to("num_classes", card.num_classes)
        raise Refused([Problem("num_classes", sentence, remedies=(enough,))])
    notes: list[Sentence] = []
    if spec.num_classes > card.num_classes:
        notes.append(
            Sentence(
                "The data have {data} classes and the network {network}: the outputs without a class are trained to"
                " predict a probability of zero.",
                data=card.num_classes,
                network=spec.num_classes,
            )
        )
    if spec.image_size != card.side:
        notes.append(
            Sentence(
                "The images are {data}x{data} and the network takes {network}x{network}: they are resized.",
                data=card.side,
                network=spec.image_size,
            )
        )
    if spec.in_channels != card.in_channels:
        notes.append(_channel_note(card.in_channels, spec.in_channels))
    return tuple(notes)


def _channel_note(data: int, network: int) -> Sentence:
    if data == 1:
        return Sentence(
            "The images have 1 channel and the network takes {network}: the channel is repeated.", network=network
        )
    if network == 1:
        return Sentence("The images have {data} channels and the network takes 1: they become grey.", data=data)
    return Sentence(
        "The images have {data} channels and the network takes {network}: they become grey, and that channel is"
        " repeated.",
        data=data,
        network=network,
    )
