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

NUM_NEIGHBOURS = 3


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
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import LinearSVC

    parts = split_dataset(load(recipe.dataset), recipe)
    train_images, train_labels = _thinned(parts.train_images, parts.train_labels)
    test_images, test_labels = _thinned(parts.test_images, parts.test_labels)
    neighbours = KNeighborsClassifier(min(NUM_NEIGHBOURS, len(train_labels)), algorithm="brute")
    # A smaller tolerance takes minutes and changes nothing visible.
    machine = LinearSVC(dual=False, tol=0.02, random_state=0)
    for title, classifier, features in (
        (f"{NUM_NEIGHBOURS} nearest neighbours", neighbours, _flat),
        ("HOG + linear SVM", machine, _histograms),
    ):
        classifier.fit(features(train_images), train_labels)
        accuracy = float(classifier.score(features(test_images), test_labels))
        yield Baseline(title=title, test_accuracy=accuracy, num_train=len(train_labels), num_test=len(test_labels))


def _thinned(images: Tensor, labels: Tensor) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """At most `MAX_IMAGES` greyscale images, (N, H, W), evenly from each class, and their labels, (N,)."""
    if len(labels) > MAX_IMAGES:
        chosen = stratified_mask(labels, MAX_IMAGES / len(labels))
        images, labels = images[chosen], labels[chosen]
    return grey(images).squeeze(1).numpy(), labels.numpy()


def _flat(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)


def _histograms(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Histograms of oriented gradients, (N, features)."""
    from skimage.feature import hog

    cell = max(2, round(images.shape[-1] / 7))  # in pixels
    cells = max(1, min(2, images.shape[-1] // cell))
    options = {"pixels_per_cell": (cell, cell), "cells_per_block": (cells, cells), "orientations": 9}
    return np.array([hog(image, **options) for image in images], dtype=np.float32)
