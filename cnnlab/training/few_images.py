"""Whether there are images enough to train a network."""

from cnnlab.analysis.costs import analyse, needs_two_images
from cnnlab.architectures import NetworkSpec
from cnnlab.spec import Problem, Refused
from cnnlab.words.sentence import Sentence


def check_images(spec: NetworkSpec, num_train: int) -> None:
    """Raises `Refused` where a batch normalisation would normalise a single value, of the only training image."""
    if num_train < 2 and needs_two_images(analyse(spec)):
        sentence = Sentence(
            "`train_share` leaves {num_train} image to train on, and a batch normalisation over 1x1 maps needs two:"
            " raise `train_share`, use larger images, or set `norm` to layer.",
            num_train=num_train,
        )
        raise Refused([Problem("train_share", sentence)])
