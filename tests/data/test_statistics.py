"""What is measured about a set, and the images that are shown of it."""

import numpy as np
import pytest
import torch

from cnnlab.data import load
from cnnlab.data.examples import augmented_variants, samples_per_class
from cnnlab.data.statistics import dataset_statistics
from cnnlab.training import Recipe


def test_facts_count_what_each_image_is_for() -> None:
    known = dataset_statistics("digits", Recipe(dataset="digits", validation_share=0.25))
    assert known.num_train + known.num_validation == 1442
    assert known.num_test == 355
    assert len(known.train) == len(known.validation) == len(known.test) == 10
    images = load("digits").train_images
    usual = dataset_statistics("digits", Recipe(dataset="digits"))
    assert usual.mean[0] == pytest.approx(images.float().mean().item() / 255, rel=1e-5)
    assert usual.std[0] == pytest.approx(images.float().std(correction=0).item() / 255, rel=1e-5)


def test_a_colour_set_has_a_mean_for_each_channel() -> None:
    assert len(dataset_statistics("shapes_easy", Recipe(dataset="shapes_easy")).mean) == 3


def test_examples_are_of_their_class() -> None:
    dataset = load("digits")
    for label, images in enumerate(samples_per_class("digits", 3)):
        expected = dataset.train_images[dataset.train_labels == label][:3]
        assert np.array_equal(images, expected.numpy())


def test_variants_begin_with_the_image_and_leave_the_random_state_alone() -> None:
    how = Recipe(flip=True, rotation=20.0, erasing=0.5, crop_padding=2)
    state = torch.get_rng_state()
    first = augmented_variants("digits", how, seed=1, num_images=2, num_variants=4)
    assert torch.equal(torch.get_rng_state(), state)
    assert first.shape == (10, 1, 8, 8)
    originals = samples_per_class("digits", 1)
    assert np.array_equal(first[0], originals[0][0])
    assert np.array_equal(first[5], originals[1][0])
    assert not np.array_equal(first[1], first[0])
    assert np.array_equal(first, augmented_variants("digits", how, seed=1, num_images=2, num_variants=4))
    assert not np.array_equal(first, augmented_variants("digits", how, seed=2, num_images=2, num_variants=4))
