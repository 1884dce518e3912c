"""The parts of a set have the labels and the images of its split, without its images being copied."""

from types import SimpleNamespace
from typing import Any, Literal

import pytest
import torch

from cnnlab.data.cards import DATASETS
from cnnlab.data.dataset import Dataset
from cnnlab.data.evaluated import part_of_set
from cnnlab.data.splits import split_dataset
from cnnlab.spec import Refused


def _dataset(num_validation: int) -> Dataset:
    """Images whose pixels are all different, of three classes in turn."""
    counts = (30, 12, num_validation)
    images = torch.arange(sum(counts) * 4).to(torch.uint8).view(-1, 1, 2, 2)
    labels = torch.arange(sum(counts)) % 3
    parts: dict[str, Any] = {}
    for name, piece, numbers in zip(
        ("train", "test", "validation"), images.split(counts), labels.split(counts), strict=True
    ):
        parts |= {f"{name}_images": piece, f"{name}_labels": numbers}
    return Dataset(card=DATASETS["digits"], **parts)


@pytest.mark.parametrize("part", ["test", "validation"])
@pytest.mark.parametrize("num_validation", [0, 9])
@pytest.mark.parametrize("shares", [(1.0, 0.0, 0.0), (0.5, 0.25, 0.0), (1.0, 0.2, 0.3)])
def test_a_part_is_that_of_the_split(
    part: Literal["validation", "test"], num_validation: int, shares: tuple[float, float, float]
) -> None:
    names = ("train_share", "validation_share", "test_share")
    asked: Any = SimpleNamespace(**dict(zip(names, shares, strict=True)))
    dataset = _dataset(num_validation)
    wanted, found = split_dataset(dataset, asked), part_of_set(dataset, asked, part)
    images, labels = getattr(wanted, f"{part}_images"), getattr(wanted, f"{part}_labels")
    assert found.labels.equal(labels)
    if len(labels):
        order = torch.arange(len(labels)).flip(0)
        assert found.images(order).equal(images[order])
    assert found.images(torch.empty(0, dtype=torch.int64)).shape == (0, 1, 2, 2)


def test_it_refuses_what_the_split_refuses() -> None:
    asked: Any = SimpleNamespace(train_share=1.0, validation_share=0.0, test_share=0.0)
    lonely = Dataset(
        card=DATASETS["digits"],
        train_images=torch.zeros(1, 1, 2, 2, dtype=torch.uint8),
        train_labels=torch.zeros(1, dtype=torch.int64),
        test_images=torch.zeros(0, 1, 2, 2, dtype=torch.uint8),
        test_labels=torch.zeros(0, dtype=torch.int64),
    )
    with pytest.raises(Refused, match="hold out"):
        part_of_set(lonely, asked, "test")
