"""What the pages show of a data set, worked out once for everybody."""

import numpy as np
import numpy.typing as npt
import streamlit as st

from cnnlab.data import card, is_here
from cnnlab.data.examples import of_each_class, variants
from cnnlab.data.statistics import Facts, facts
from cnnlab.figures.pictures import grid
from cnnlab.training import Recipe
from cnnlab.training.baseline import Baseline, baselines
from cnnlab.ui.jobs import Job, job_queue

Picture = npt.NDArray[np.uint8]

EACH = 4
"""Images of each class on a sheet."""
MOST_CLASSES = 20
"""A sheet of more would have no end."""
NUM_ORIGINALS, NUM_VARIANTS = 3, 7


@st.cache_data(show_spinner=False)
def sheet(name: str) -> list[tuple[str, Picture]]:
    """For each of the first classes its name and a few of its images in a row."""
    rows = of_each_class(name, EACH)[:MOST_CLASSES]
    return [(label, grid(images, EACH)) for label, images in zip(card(name).classes, rows, strict=False)]


@st.cache_data(show_spinner=False)
def augmentation_preview(name: str, recipe: Recipe) -> Picture:
    """A row for each of a few images: as it is, and as the network may see it."""
    num_images = min(NUM_ORIGINALS, card(name).num_classes)
    images = variants(name, recipe, seed=recipe.seed, num_images=num_images, num_variants=NUM_VARIANTS)
    return grid(images, 1 + NUM_VARIANTS)


def facts_of(recipe: Recipe) -> Facts:
    """The facts of the recipe's data. Raises `Refused` if they are not here."""
    return _facts(recipe.dataset, (recipe.train_share, recipe.validation_share, recipe.test_share))


@st.cache_data(show_spinner=False)
def _facts(name: str, shares: tuple[float, float, float]) -> Facts:
    return facts(name, _shared(name, shares))


def baselines_of(recipe: Recipe) -> Job[Baseline]:
    """What classical methods reach on the recipe's data, worked out beside the pages."""
    shares = (recipe.train_share, recipe.validation_share, recipe.test_share)
    key = ("classical methods", recipe.dataset, shares, is_here(recipe.dataset))
    return job_queue().submit(key, lambda: baselines(_shared(recipe.dataset, shares)))


def _shared(name: str, shares: tuple[float, float, float]) -> Recipe:
    """A recipe of which only the data matter, so that it is the same for all that share them."""
    train, validation, test = shares
    return Recipe(dataset=name, train_share=train, validation_share=validation, test_share=test)
