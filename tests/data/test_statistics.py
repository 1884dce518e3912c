"""What is measured about a set, and the images that are shown of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cnnlab.data import DATASETS, DatasetCard, load
from cnnlab.data.dataset import Dataset
from cnnlab.data.examples import augmented_variants, samples_per_class
from cnnlab.data.statistics import dataset_statistics, statistics
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


def test_variants_begin_with_the_image_and_leave_the_random_state_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    how = Recipe(flip=True, rotation=20.0, erasing=0.5, crop_padding=2)
    state = torch.get_rng_state()
    monkeypatch.setattr(torch, "manual_seed", None)  # other threads draw from the same state meanwhile
    monkeypatch.setattr(torch, "set_rng_state", None)
    first = augmented_variants("digits", how, seed=1, num_images=2, num_variants=4)
    assert torch.equal(torch.get_rng_state(), state)
    assert first.shape == (10, 1, 8, 8)
    originals = samples_per_class("digits", 1)
    assert np.array_equal(first[0], originals[0][0])
    assert np.array_equal(first[5], originals[1][0])
    assert not np.array_equal(first[1], first[0])
    assert np.array_equal(first, augmented_variants("digits", how, seed=1, num_images=2, num_variants=4))
    assert not np.array_equal(first, augmented_variants("digits", how, seed=2, num_images=2, num_variants=4))


def own(card: DatasetCard, images: torch.Tensor, train: list[int], test: list[int]) -> tuple[str, ...]:
    """The cautions about a set of these labels, whose images are `images` by their labels."""
    dataset = Dataset(
        card=replace(card, num_train=len(train), num_test=len(test)),
        train_images=images[train],
        train_labels=torch.tensor(train),
        test_images=images[test],
        test_labels=torch.tensor(test),
    )
    return statistics(dataset, Recipe(dataset="digits")).cautions


PETS = replace(DATASETS["digits"], classes=("cat", "dog"), num_left_out=0)
DOTS = torch.eye(2, dtype=torch.uint8).mul(255).view(2, 1, 1, 2).expand(2, 1, 2, 2)


def test_a_balanced_set_needs_no_caution() -> None:
    assert own(PETS, DOTS, [0, 1, 0, 1, 0], [0, 1]) == ()
    for name in ("digits", "shapes_easy"):
        assert dataset_statistics(name, Recipe(dataset=name)).cautions == ()


def test_an_unbalanced_set_says_what_a_constant_answer_reaches() -> None:
    (caution,) = own(PETS, DOTS, [0] * 160 + [1] * 2, [0] * 40 + [1])
    assert caution == (
        "The classes are unbalanced: cat has 160 training images and dog has 2. A network that always answers cat has a"
        " test accuracy of 97.6%: compare with that, and add images of the small classes."
    )


def test_images_without_anything_to_see_are_named() -> None:
    (caution,) = own(PETS, torch.stack([DOTS[0], DOTS[0] * 0]), [0, 0, 1, 1], [0, 1])
    assert caution.startswith("All pixels of the class dog have one value: there is nothing to see in its images")
    (caution,) = own(PETS, DOTS * 0, [0, 0, 1, 1], [0, 1])
    assert caution.startswith("All pixels of each class have one value: there is nothing to see in these images")


def test_what_was_done_to_imported_images_is_said() -> None:
    imported = replace(PETS, num_transparent=3, num_left_out=2)
    seen, left_out = own(imported, DOTS, [0, 1], [0, 1])
    assert seen == "3 of 4 images are transparent in parts: they are composited on white, here and for the network."
    assert left_out == "The zip has 2 text files beside the images: they were left out."
