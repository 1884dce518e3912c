"""Classical methods as a baseline, from before deep learning: on the same images and the same split."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from cnnlab.data import load, split_dataset
from cnnlab.data.adapted import grey
from cnnlab.data.splits import stratified_mask
from cnnlab.training.recipe import Recipe

MAX_IMAGES = 5000
"""The most training and test images: a baseline should not take longer than the network."""

CELL_SHARE = 1 / 7
"""The side of a cell of the histograms, as a share of the image's side."""
NUM_ORIENTATIONS = 9
NUM_NEIGHBOURS = 3
TOLERANCE = 0.02
"""Of the support vector machine: a smaller one takes minutes and changes nothing visible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A classical method and its test accuracy."""

    title: str
    test_accuracy: float
    num_train: int
    num_test: int


def baselines(recipe: Recipe) -> Generator[Baseline, None, None]:
    """The classical methods on the recipe's images, one after the other, the fastest first.

    - k-nearest neighbours on the pixels (Cover and Hart 1967).
    - Histograms of oriented gradients (Dalal and Triggs 2005) with a linear support vector machine.

    Raises `Refused` if the data set is not on this machine.
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
    """At most `MAX_IMAGES` greyscale images, (N, H, W), evenly from each class, and their labels, (N,)."""
    if len(labels) > MAX_IMAGES:
        chosen = stratified_mask(labels, MAX_IMAGES / len(labels))
        images, labels = images[chosen], labels[chosen]
    return grey(images).squeeze(1).numpy(), labels.numpy()


def _neighbours(train: _Labelled, test: _Labelled) -> Baseline:
    from sklearn.neighbors import KNeighborsClassifier

    classifier = KNeighborsClassifier(min(NUM_NEIGHBOURS, len(train[1])), algorithm="brute")
    classifier.fit(_flat(train[0]), train[1])
    return _result(f"{NUM_NEIGHBOURS} nearest neighbours", classifier.score(_flat(test[0]), test[1]), train, test)


def _gradients(train: _Labelled, test: _Labelled) -> Baseline:
    from sklearn.svm import LinearSVC

    classifier = LinearSVC(dual=False, tol=TOLERANCE, random_state=0)
    classifier.fit(_histograms(train[0]), train[1])
    return _result("HOG + linear SVM", classifier.score(_histograms(test[0]), test[1]), train, test)


def _result(title: str, score: float, train: _Labelled, test: _Labelled) -> Baseline:
    return Baseline(title=title, test_accuracy=float(score), num_train=len(train[1]), num_test=len(test[1]))


def _flat(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)


def _histograms(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Histograms of oriented gradients, (N, features)."""
    from skimage.feature import hog

    cell = max(2, round(images.shape[-1] * CELL_SHARE))
    cells = max(1, min(2, images.shape[-1] // cell))
    how = {"pixels_per_cell": (cell, cell), "cells_per_block": (cells, cells), "orientations": NUM_ORIENTATIONS}
    return np.array([hog(image, **how) for image in images], dtype=np.float32)
