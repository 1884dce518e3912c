"""The images of runs that the pages show: those that are not trained on, and a few training images."""

from dataclasses import fields, replace
from typing import NamedTuple

import torch
from torch import Tensor

from cnnlab.architectures import NetworkSpec
from cnnlab.bounded_cache import bounded_cache
from cnnlab.data import adapt, load
from cnnlab.data.adapted import Adapted
from cnnlab.training import Recipe

NUM_TRAIN = 128
"""Training images that are kept, evenly from all of them: enough for a batch to look at."""

MAX_BYTES = 256 * 2**20


class _Wanted(NamedTuple):
    """What decides which images a network gets and how they are adapted: the same for most runs of a class."""

    dataset: str
    in_channels: int
    image_size: int
    num_classes: int
    train_share: float
    validation_share: float
    test_share: float


def shown_images(spec: NetworkSpec, recipe: Recipe) -> Adapted:
    """The data as the network is trained on it, with `NUM_TRAIN` training images at most. Nobody may change them.

    Raises `Refused` where the data set is missing or does not fit the network.
    """
    wanted = {name: getattr(spec if hasattr(spec, name) else recipe, name) for name in _Wanted._fields}
    return _shown_images(_Wanted(**wanted))


def _num_bytes(data: Adapted) -> int:
    values = (getattr(data, field.name) for field in fields(data))
    return sum(value.nbytes for value in values if isinstance(value, Tensor))


@bounded_cache(size=_num_bytes, limit=MAX_BYTES)
def _shown_images(wanted: _Wanted) -> Adapted:
    data = adapt(load(wanted.dataset), wanted, wanted)
    count = len(data.train_labels)
    some = torch.linspace(0, count - 1, min(NUM_TRAIN, count)).round().long()
    return replace(data, train_images=data.train_images[some], train_labels=data.train_labels[some])
