"""Samples and statistics of a data set, computed once for all visitors."""

import numpy as np
import numpy.typing as npt
import streamlit as st
import torch

from cnnlab.data import card, is_available
from cnnlab.data.adapted import grey
from cnnlab.data.examples import augmented_variants, samples_per_class
from cnnlab.data.statistics import Statistics, dataset_statistics
from cnnlab.figures.pictures import grid
from cnnlab.runs.isolated.training import isolated_classical_methods
from cnnlab.training import Recipe
from cnnlab.training.classical.features import hog_picture
from cnnlab.training.classical.methods import Classical
from cnnlab.ui.jobs import Job, job_queue

Picture = npt.NDArray[np.uint8]

IMAGES_PER_CLASS = 4
MAX_CLASSES_SHOWN = 20
NUM_ORIGINALS, NUM_VARIANTS = 3, 7
NUM_OF_HOG = 8
"""Images that are drawn as HOG sees them."""

MOST_KEPT = 16
"""Pictures of each kind that are kept, of up to twelve megabytes each."""

MOST_STATISTICS = 256
"""Statistics that are kept, of some kilobytes each."""


@st.cache_data(show_spinner=False, max_entries=MOST_KEPT)
def sample_rows(name: str) -> list[tuple[str, Picture]]:
    """For each of the first classes its name and a few of its images in a row."""
    rows = samples_per_class(name, IMAGES_PER_CLASS)[:MAX_CLASSES_SHOWN]
    return [(label, grid(images, IMAGES_PER_CLASS)) for label, images in zip(card(name).classes, rows, strict=False)]


@st.cache_data(show_spinner=False, max_entries=MOST_KEPT)
def hog_preview(name: str) -> Picture:
    """An image of each of a few classes, in grey, and below each what HOG keeps of it."""
    first = [images[:1] for images in samples_per_class(name, 1)[:NUM_OF_HOG]]
    images = grey(torch.from_numpy(np.concatenate(first))).numpy()
    strokes = np.stack([hog_picture(image[0])[None] for image in images])
    return grid(np.concatenate([images, strokes]), len(images))


def augmentation_preview(name: str, recipe: Recipe) -> Picture:
    """A row for each of a few images: the original, then augmented variants."""
    # Only what the pictures depend on, so that recipes share them.
    how = Recipe(
        crop_padding=recipe.crop_padding,
        flip=recipe.flip,
        rotation=recipe.rotation,
        erasing=recipe.erasing,
        seed=recipe.seed,
    )
    return _preview(name, how)


@st.cache_data(show_spinner=False, max_entries=MOST_KEPT)
def _preview(name: str, how: Recipe) -> Picture:
    num_images = min(NUM_ORIGINALS, card(name).num_classes)
    images = augmented_variants(name, how, seed=how.seed, num_images=num_images, num_variants=NUM_VARIANTS)
    return grid(images, 1 + NUM_VARIANTS)


def statistics_of(recipe: Recipe) -> Statistics:
    """The statistics of the recipe's data. Raises `Refused` if they are not available."""
    return _statistics(recipe.dataset, (recipe.train_share, recipe.validation_share, recipe.test_share))


@st.cache_data(show_spinner=False, max_entries=MOST_STATISTICS)
def _statistics(name: str, shares: tuple[float, float, float]) -> Statistics:
    return dataset_statistics(name, _shared(name, shares))


def classical_methods_of(recipe: Recipe) -> Job[Classical]:
    """What classical methods reach and take on the recipe's data, computed in the background."""
    shares = (recipe.train_share, recipe.validation_share, recipe.test_share)
    key = ("classical methods", recipe.dataset, shares, is_available(recipe.dataset))
    return job_queue().submit(key, lambda: isolated_classical_methods(_shared(recipe.dataset, shares)))


def _shared(name: str, shares: tuple[float, float, float]) -> Recipe:
    """A recipe with these data and splits and defaults otherwise, so that results are shared between recipes."""
    train, validation, test = shares
    return Recipe(dataset=name, train_share=train, validation_share=validation, test_share=test)
