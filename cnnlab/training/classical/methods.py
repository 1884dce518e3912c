"""The classical methods: each a kind of features and a classifier, with what it reaches and what it takes."""

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC
from torch import Tensor

from cnnlab.data import load, split_dataset
from cnnlab.data.adapted import grey
from cnnlab.data.splits import stratified_mask
from cnnlab.training.classical.features import Images, SiftWords, histograms, pixels
from cnnlab.training.recipe import Recipe

MAX_IMAGES = 5000
"""The most training and test images: these methods should not take longer than the network."""

MAX_IMAGES_OF_SIFT = 1000
"""The same for SIFT, which takes a hundredth of a second for an image."""

NUM_NEIGHBOURS = 3
NUM_TREES = 100
NUM_HIDDEN = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Classical:
    """What a classical method reaches and takes.

    `feature_seconds` are those of all training images, and `fit_seconds` those of the classifier. `test_seconds` is
    what one new image takes with both, and `num_bytes` the size of both when they are saved.
    """

    features: str
    classifier: str
    test_accuracy: float
    num_features: int
    num_train: int
    num_test: int
    feature_seconds: float
    fit_seconds: float
    test_seconds: float
    num_bytes: int

    @property
    def title(self) -> str:
        """Both names, such as "HOG + linear SVM"."""
        return f"{self.features} + {self.classifier}"


FEATURES: dict[str, tuple[Callable[[], Any], int]] = {
    "Pixels": (lambda: FunctionTransformer(pixels), MAX_IMAGES),
    "HOG": (lambda: FunctionTransformer(histograms), MAX_IMAGES),
    "SIFT words": (SiftWords, MAX_IMAGES_OF_SIFT),
}
"""The kinds of features and the images that they are computed of, the quickest first."""

CLASSIFIERS: dict[str, Callable[[int], Any]] = {
    "k-NN": lambda num_train: KNeighborsClassifier(min(NUM_NEIGHBOURS, num_train), algorithm="brute"),
    # A smaller tolerance takes minutes and changes nothing visible.
    "linear SVM": lambda _: LinearSVC(dual=False, tol=0.02, random_state=0),
    "random forest": lambda _: RandomForestClassifier(NUM_TREES, random_state=0),
    "MLP": lambda _: make_pipeline(StandardScaler(), MLPClassifier((NUM_HIDDEN,), early_stopping=True, random_state=0)),
}
"""The classifiers, made for a number of training images: k-nearest neighbours (Cover and Hart 1967), a linear support
vector machine (Cortes and Vapnik 1995), a random forest (Breiman 2001) and a perceptron with one hidden layer."""


def classical_methods(recipe: Recipe) -> Iterator[Classical]:
    """All of them on the recipe's images in grey, one after the other, the quickest features first.

    Raises `Refused` if the data set is not on this machine.
    """
    parts = split_dataset(load(recipe.dataset), recipe)
    for features, (make, max_images) in FEATURES.items():
        train_images, train_labels = _thinned(parts.train_images, parts.train_labels, max_images)
        test_images, test_labels = _thinned(parts.test_images, parts.test_labels, max_images)
        began = time.perf_counter()
        extractor = make()
        train = extractor.fit_transform(train_images)
        feature_seconds = time.perf_counter() - began
        began = time.perf_counter()
        test = extractor.transform(test_images)
        extraction = time.perf_counter() - began
        for name, make_classifier in CLASSIFIERS.items():
            began = time.perf_counter()
            classifier = make_classifier(len(train)).fit(train, train_labels)
            fit_seconds = time.perf_counter() - began
            began = time.perf_counter()
            answers = classifier.predict(test)
            prediction = time.perf_counter() - began
            yield Classical(
                features=features,
                classifier=name,
                test_accuracy=float(np.mean(answers == test_labels)),
                num_features=train.shape[1],
                num_train=len(train),
                num_test=len(test),
                feature_seconds=feature_seconds,
                fit_seconds=fit_seconds,
                test_seconds=(extraction + prediction) / len(test),
                num_bytes=_num_bytes(extractor, classifier),
            )


def best_of_each(methods: list[Classical]) -> list[Classical]:
    """Of each kind of features the method with the highest accuracy."""
    kinds = dict.fromkeys(method.features for method in methods)
    return [max((m for m in methods if m.features == kind), key=lambda m: m.test_accuracy) for kind in kinds]


def _num_bytes(*fitted: object) -> int:
    file = io.BytesIO()
    joblib.dump(fitted, file)
    return file.tell()


def _thinned(images: Tensor, labels: Tensor, most: int) -> tuple[Images, npt.NDArray[np.int64]]:
    """At most so many grey images (N, H, W), evenly from each class, and their labels (N,)."""
    if len(labels) > most:
        chosen = stratified_mask(labels, most / len(labels))
        images, labels = images[chosen], labels[chosen]
    return grey(images).squeeze(1).numpy(), labels.numpy()
