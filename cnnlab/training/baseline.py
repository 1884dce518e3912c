"""What came before networks that learn from pixels: classical methods, on the same images and the same split."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnnlab.data import load, split_dataset
from cnnlab.data.adapted import grey
from cnnlab.data.splits import stratified_mask
from cnnlab.training.recipe import Recipe

MOST_IMAGES = 5000
"""So many images are learnt from, and tested on, at most: a history lesson should not take longer than the network."""

CELL_SHARE = 1 / 7
"""The side of a cell of the histograms, as a share of the image's."""
NUM_DIRECTIONS = 9
NUM_NEIGHBOURS = 3
TOLERANCE = 0.02
"""Of the support vector machine: what is finer costs minutes and changes nothing that one would see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A classical method and the share of the test images that it gets right."""

    title: str
    test_accuracy: float
    num_train: int
    num_test: int


def baselines(recipe: Recipe) -> Generator[Baseline, None, None]:
    """The classical methods on the recipe's images, one after the other; the fastest first.

    - k-nearest neighbours on the pixels (Cover and Hart 1967).
    - Histograms of oriented gradients (Dalal and Triggs 2005) with a linear support vector machine.

    Raises `Refused` if the data are not here.
    """
    parts = split_dataset(load(recipe.dataset), recipe)
    train, test = (
        _thinned(images, labels)
        for images, labels in (
            (parts.train_images, parts.train_labels),
            (parts.test_images, parts.test_labels),
        )
    )
    yield _neighbours(train, test)
    yield _gradients(train, test)


_Labelled = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]


def _thinned(images: Tensor, labels: Tensor) -> _Labelled:
    """At most so many images, evenly from each class; grey, (N, H, W)."""
    if len(labels) > MOST_IMAGES:
        chosen = stratified_mask(labels, MOST_IMAGES / len(labels))
        images, labels = images[chosen], labels[chosen]
    return grey(images).squeeze(1).numpy(), labels.numpy()


def _neighbours(train: _Labelled, test: _Labelled) -> Baseline:
    from sklearn.neighbors import KNeighborsClassifier

    judge = KNeighborsClassifier(min(NUM_NEIGHBOURS, len(train[1])), algorithm="brute")
    judge.fit(_flat(train[0]), train[1])
    return _result(f"{NUM_NEIGHBOURS} nearest neighbours", judge.score(_flat(test[0]), test[1]), train, test)


def _gradients(train: _Labelled, test: _Labelled) -> Baseline:
    from sklearn.svm import LinearSVC

    judge = LinearSVC(dual=False, tol=TOLERANCE, random_state=0)
    judge.fit(_histograms(train[0]), train[1])
    return _result("HOG + linear SVM", judge.score(_histograms(test[0]), test[1]), train, test)


def _result(title: str, score: float, train: _Labelled, test: _Labelled) -> Baseline:
    return Baseline(title=title, test_accuracy=float(score), num_train=len(train[1]), num_test=len(test[1]))


def _flat(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)


def _histograms(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """In which directions, and how strongly, each image changes, cell by cell: (N, features)."""
    from skimage.feature import hog

    cell = max(2, round(images.shape[-1] * CELL_SHARE))
    cells = max(1, min(2, images.shape[-1] // cell))
    how = {"pixels_per_cell": (cell, cell), "cells_per_block": (cells, cells), "orientations": NUM_DIRECTIONS}
    return np.array([hog(image, **how) for image in images], dtype=np.float32)
