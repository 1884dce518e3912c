"""Shares of a set: which images are learnt from, validated and tested on."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.data import load, split_dataset
from cnnlab.data.dataset import Dataset
from cnnlab.data.splits import Splits, stratified_mask
from cnnlab.spec import Refused
from cnnlab.training import Recipe


def parts(**shares: float) -> Splits:
    return split_dataset(load("digits"), Recipe(dataset="digits", **shares))


def test_the_usual_recipe_takes_the_set_as_it_is() -> None:
    dataset, found = load("digits"), parts()
    assert found.train_images is dataset.train_images
    assert found.test_images is dataset.test_images
    assert len(found.validation_labels) == 0


def test_validation_images_are_taken_from_those_to_learn_from() -> None:
    found, usual = parts(validation_share=0.2), load("digits")
    assert torch.equal(found.test_images, usual.test_images)
    assert len(found.train_labels) + len(found.validation_labels) == 1442
    assert len(found.validation_labels) == pytest.approx(0.2 * 1442, abs=10)
    together = torch.cat([found.train_images, found.validation_images]).double().sum(0)
    assert torch.equal(together, usual.train_images.double().sum(0))


def test_a_small_share_keeps_some_of_each_class() -> None:
    found = parts(train_share=0.001)
    assert found.train_labels.bincount().tolist() == [1] * 10
    assert len(parts(train_share=0.5).train_labels) == pytest.approx(721, abs=10)


def test_another_test_share_splits_everything_again() -> None:
    found = parts(test_share=0.5, validation_share=0.5)
    assert len(found.test_labels) == pytest.approx(1797 / 2, abs=10)
    assert len(found.train_labels) == pytest.approx(1797 / 4, abs=10)
    images = torch.cat([found.train_images, found.validation_images, found.test_images])
    assert len(images) == 1797


@given(st.lists(st.integers(0, 4), min_size=1, max_size=80), st.floats(0, 1))
def test_a_share_is_even_over_the_classes(values: list[int], share: float) -> None:
    labels = torch.tensor(values)
    chosen = stratified_mask(labels, share)
    for label in labels.unique():
        of_class = chosen[labels == label]
        assert of_class.sum().item() == min(round(share * len(of_class)), len(of_class) - 1)
        assert stratified_mask(labels, share, least=1)[labels == label].sum().item() == min(
            max(round(share * len(of_class)), 1), len(of_class) - 1
        )
        if share == 0.5 and len(of_class) > 3:
            assert of_class[: len(of_class) // 2].any()


def test_shares_are_all_that_is_asked_of_a_recipe() -> None:
    shares = SimpleNamespace(train_share=0.5, validation_share=0.0, test_share=0.0)
    assert len(split_dataset(load("digits"), shares).train_labels) < 1442


@pytest.mark.parametrize("share", ["test_share", "validation_share"])
def test_a_share_that_rounds_to_nothing_is_one_image_of_each_class(share: str) -> None:
    found = parts(**{share: 0.001})
    labels = found.test_labels if share == "test_share" else found.validation_labels
    assert labels.bincount().tolist() == [1] * 10


def of(train: list[int], test: list[int]) -> Dataset:
    """A set of digits with these labels."""
    images = load("digits").train_images
    return replace(
        load("digits"),
        train_images=images[: len(train)],
        train_labels=torch.tensor(train),
        test_images=images[: len(test)],
        test_labels=torch.tensor(test, dtype=torch.int64),
    )


def test_what_puts_no_image_aside_is_refused_beforehand() -> None:
    with pytest.raises(
        Refused, match=r"`validation_share` must hold out at least one image of a class, and no class has two, so 0\.5"
    ):
        split_dataset(of([0, 1], [0, 1]), Recipe(dataset="digits", validation_share=0.5))
    with pytest.raises(
        Refused, match=r"`test_share` must hold out at least one image of a class, and no class has two, so 0\.5"
    ):
        split_dataset(of([0, 1], []), Recipe(dataset="digits", test_share=0.5))
    with pytest.raises(
        Refused, match="`test_share` must hold out at least one image of a class, and no class has two, so 0"
    ):
        split_dataset(of([0, 0, 1], []), Recipe(dataset="digits"))
    assert split_dataset(of([0, 0, 1], [1]), Recipe(dataset="digits", validation_share=0.1)).validation_labels.tolist()
