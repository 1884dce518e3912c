"""The data set that takes the place of one that is not here."""

from dataclasses import replace

import pytest

from cnnlab.data.cards import DATASETS, DatasetCard
from cnnlab.data.similar import difference, most_similar

HERE = [card for card in DATASETS.values() if card.origin != "download"]


@pytest.mark.parametrize(
    ("missing", "name"),
    [
        ("mnist", "mnist5k"),
        ("fashion_mnist", "mnist5k"),
        ("kmnist", "mnist5k"),
        ("cifar10", "shapes"),
        ("cifar100", "shapes"),
        ("svhn", "shapes"),
    ],
)
def test_each_set_that_must_be_downloaded_has_a_similar_one(missing: str, name: str) -> None:
    assert most_similar(DATASETS[missing], HERE).name == name
    assert most_similar(DATASETS[missing], reversed(HERE)).name == name


def like(card: DatasetCard, name: str, **changes: object) -> DatasetCard:
    return replace(card, name=name, **changes)  # type: ignore[arg-type]


def test_channels_count_before_classes_before_the_size_before_the_number_of_classes() -> None:
    wanted = DATASETS["cifar10"]
    grey = like(wanted, "grey", in_channels=1)
    others = like(wanted, "others", classes=DATASETS["shapes"].classes)
    large, small = (like(others, f"{side}", side=side) for side in (48, 20))
    fewer = like(others, "fewer", classes=wanted.classes[:5])
    order = [others, fewer, large, small, grey]
    for place, card in enumerate(order):
        assert most_similar(wanted, reversed(order[place:])) == card
    with pytest.raises(ValueError, match="empty"):
        most_similar(wanted, [wanted])


def test_the_difference_is_said_in_full() -> None:
    assert difference(DATASETS["cifar100"], DATASETS["mnist5k"]) == (
        "Its images have 1 channel instead of 3. They are 28x28 instead of 32x32 pixels. It has 10 classes instead of"
        " 100: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9. There are 4\u202f000 training images instead of 50\u202f000."
    )
    assert difference(DATASETS["svhn"], DATASETS["shapes"]).startswith("Its 10 classes are different: circle, ring, ")
    many = difference(DATASETS["mnist"], DATASETS["cifar100"])
    assert "It has 100 classes instead of 10: apple, aquarium fish, " in many
    assert ", bottle and 90 more. There are" in many
