"""What a classifier of before deep learning gets of an image: its pixels, or features that somebody designed."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from skimage.feature import SIFT, hog
from skimage.transform import resize
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import MiniBatchKMeans

Images = npt.NDArray[np.uint8]
Features = npt.NDArray[np.float32]

NUM_WORDS = 64
"""Visual words, to which the descriptors of all keypoints are assigned."""

SMALLEST_SIDE = 32
"""Images are enlarged to this height and width, in pixels, before keypoints are looked for: in smaller ones there are
hardly any."""

DESCRIPTOR_SIZE = 128

_WHITE = np.float32(255)


def hog_options(side: int) -> dict[str, Any]:
    """The arguments of scikit-image's `hog` for images of this height and width: about seven cells along each side."""
    cell = max(2, round(side / 7))  # in pixels
    cells = max(1, min(2, side // cell))
    return {"pixels_per_cell": (cell, cell), "cells_per_block": (cells, cells), "orientations": 9}


def hog_picture(image: Images) -> Images:
    """What HOG keeps of one image (H, W): in each cell the orientations of the gradients, as strokes, uint8 (H, W)."""
    _, strokes = hog(image, visualize=True, **hog_options(image.shape[-1]))
    return (_WHITE * strokes / max(float(strokes.max()), 1e-9)).astype(np.uint8)


def pixels(images: Images) -> Features:
    """The pixels themselves, from 0 to 1: images (N, H, W) as (N, H * W)."""
    return images.reshape(len(images), -1).astype(np.float32) / _WHITE


def histograms(images: Images) -> Features:
    """Histograms of oriented gradients (Dalal and Triggs 2005): images (N, H, W) as (N, features)."""
    options = hog_options(images.shape[-1])
    return np.array([hog(image, **options) for image in images], dtype=np.float32)


class SiftWords(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A bag of visual words (Csurka et al. 2004): how often each word occurs among the SIFT keypoints of an image.

    Images (N, H, W) become (N, NUM_WORDS): shares of the keypoints (Lowe 2004), all 0 where there are none. The words
    are the centres of k-means over the training images' descriptors.
    """

    def fit(self, images: Images, _labels: object = None) -> Self:
        self._find_words(_descriptors(images))
        return self

    def fit_transform(self, images: Images, _labels: object = None) -> Features:
        descriptors = _descriptors(images)  # they take most of the time, so they are computed once
        self._find_words(descriptors)
        return self._frequencies(descriptors)

    def transform(self, images: Images) -> Features:
        return self._frequencies(_descriptors(images))

    def _find_words(self, descriptors: list[Features]) -> None:
        found = np.concatenate(descriptors)
        if not len(found):
            found = np.zeros((1, DESCRIPTOR_SIZE), np.float32)
        self.words_ = MiniBatchKMeans(min(NUM_WORDS, len(found)), random_state=0, n_init=1, batch_size=4096).fit(found)

    def _frequencies(self, descriptors: list[Features]) -> Features:
        frequencies = np.zeros((len(descriptors), self.words_.n_clusters), np.float32)
        for row, found in zip(frequencies, descriptors, strict=True):
            if len(found):
                row[:] = np.bincount(self.words_.predict(found), minlength=len(row)) / len(found)
        return frequencies


def _descriptors(images: Images) -> list[Features]:
    """Of each image the descriptors of its keypoints, (keypoints, DESCRIPTOR_SIZE)."""
    side = max(SMALLEST_SIDE, images.shape[-1])
    return [_described(resize(image, (side, side))) for image in images]  # type: ignore[no-untyped-call]


def _described(image: npt.NDArray[np.float64]) -> Features:
    sift = SIFT()  # type: ignore[no-untyped-call]
    try:
        sift.detect_and_extract(image)  # type: ignore[no-untyped-call]
    except RuntimeError:  # it says so where there is no keypoint
        return np.empty((0, DESCRIPTOR_SIZE), np.float32)
    return np.asarray(sift.descriptors, np.float32)
