"""Classical methods on the images of a recipe: the same split, every pair of features and classifier, their costs."""

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from cnnlab.data import load
from cnnlab.training import Recipe
from cnnlab.training.classical import methods
from cnnlab.training.classical.features import SMALLEST_SIDE, SiftWords, histograms, hog_picture
from cnnlab.training.classical.methods import CLASSIFIERS, FEATURES, Classical, best_of_each, classical_methods

FEW = Recipe(dataset="digits", train_share=0.1, test_share=0.1)


@pytest.fixture(scope="module")
def found() -> list[Classical]:
    return list(classical_methods(FEW))


def test_each_kind_of_features_meets_each_classifier(found: list[Classical]) -> None:
    assert [(m.features, m.classifier) for m in found] == [(f, c) for f in FEATURES for c in CLASSIFIERS]
    assert len({(m.num_train, m.num_test) for m in found}) == 1
    assert found[0].num_test == pytest.approx(180, abs=10)
    assert found[0].num_train == pytest.approx(0.1 * 1797, abs=40)


def test_they_learn_and_say_what_they_take(found: list[Classical]) -> None:
    best = {m.features: m for m in best_of_each(found)}
    assert best["Pixels"].test_accuracy > 0.9
    assert best["HOG"].test_accuracy > 0.7
    assert best["SIFT words"].test_accuracy > 0.4  # chance is 0.1
    nearest, linear = found[:2]
    assert nearest.num_bytes > 4 * 64 * nearest.num_train  # it keeps all images
    assert linear.num_bytes < nearest.num_bytes / 5
    assert all(m.test_seconds > 0 and m.fit_seconds > 0 for m in found)


def test_they_do_not_take_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "FEATURES", {"HOG": (FEATURES["HOG"][0], 100)})
    first, *_ = classical_methods(Recipe(dataset="digits"))
    assert first.num_train == pytest.approx(100, abs=10)
    assert first.num_test == pytest.approx(100, abs=10)


def test_hog_tells_directions_apart() -> None:
    horizontal = np.zeros((28, 28), np.uint8)
    horizontal[::4] = 255
    images = np.stack([horizontal, horizontal.T])
    first, second = histograms(images)
    assert np.abs(first - second).max() > 0.1
    strokes = hog_picture(horizontal)
    assert strokes.dtype == np.uint8
    assert strokes.max() == 255
    assert not np.array_equal(strokes, hog_picture(horizontal.T))


def test_words_are_frequencies_and_images_without_keypoints_have_none() -> None:
    images = load("shapes").train_images[:12, 0].numpy()
    images[3] = 0
    words = SiftWords()
    frequencies = words.fit_transform(images)
    assert np.allclose(frequencies.sum(1), [0 if i == 3 else 1 for i in range(12)])
    assert np.allclose(words.transform(images), frequencies)
    assert images.shape[-1] == SMALLEST_SIDE
    blank = SiftWords().fit_transform(np.zeros((4, 8, 8), np.uint8))
    assert blank.shape == (4, 1)
    assert not blank.any()
    LinearSVC().fit(blank, [0, 1, 0, 1])  # still something that a classifier takes
