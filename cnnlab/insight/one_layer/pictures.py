"""Small pictures to look at convolutions with: real digits, and some that a few lines draw."""

from functools import lru_cache
from typing import Literal, get_args

import torch
from torch import Tensor

PictureName = Literal["digits", "mnist5k", "edges", "shapes"]

PICTURE_NAMES: dict[str, str] = {
    "digits": "a digit, 8 × 8",
    "mnist5k": "a digit, 28 × 28",
    "edges": "two edges, 6 × 8",
    "shapes": "coloured shapes, 8 × 8",
}

WITH_DIGITS = ("digits", "mnist5k")
"""The pictures that come from a data set and have a digit to choose."""

CHANNEL_NAMES = {1: ("picture",), 3: ("red", "green", "blue")}

WHITE = 9
"""The brightest level: sums of products of one figure can be followed by head."""

SHAPES = 8
"""Side of the drawn shapes, in pixels."""

assert set(get_args(PictureName)) == set(PICTURE_NAMES)


@lru_cache(maxsize=64)
def picture(name: PictureName, digit: int) -> Tensor:
    """The picture as whole numbers from 0 (black) to `WHITE`, as float32 (C, H, W); "edges" has only 0 and 1.

    `digit` is the class of which the first test image is taken, and matters for the data sets only.
    """
    if name == "edges":
        return _edges()
    if name == "shapes":
        return _shapes()
    return (_digit(name, digit) * (WHITE / 255)).round()


@lru_cache(maxsize=64)
def shades(name: PictureName, digit: int) -> Tensor:
    """The picture from 0 (black) to 1 (white) in all its shades, as float32 (C, H, W)."""
    if name in WITH_DIGITS:
        return _digit(name, digit) / 255
    drawn = picture(name, digit)
    return drawn / drawn.max()


def _digit(name: str, digit: int) -> Tensor:
    from cnnlab.data import DATASETS, load

    dataset = load(next(known for known in DATASETS if known == name))
    return dataset.test_images[dataset.test_labels == digit][0].float()


def _edges() -> Tensor:
    """White, with four black columns in the middle: Zhang and others, Dive into Deep Learning, section 7.2.3."""
    image = torch.ones(1, 6, 8)
    image[:, :, 2:6] = 0
    return image


def _shapes() -> Tensor:
    """A red square, a green diagonal and a blue disc, which overlap."""
    down, right = torch.meshgrid(torch.arange(SHAPES), torch.arange(SHAPES), indexing="ij")
    square = (down >= 1) & (down <= 4) & (right >= 1) & (right <= 4)
    diagonal = (down - right).abs() <= 1
    disc = (down - 5).square() + (right - 5).square() <= 2.3**2
    return torch.stack([square, diagonal, disc]).float() * WHITE
