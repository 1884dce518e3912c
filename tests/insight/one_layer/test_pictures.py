"""The pictures to look at convolutions with."""

import pytest
import torch

from cnnlab.data import load
from cnnlab.insight.one_layer.pictures import CHANNEL_NAMES, PICTURE_NAMES, WHITE, PictureName, picture, shades

SHAPES = {"digits": (1, 8, 8), "mnist5k": (1, 28, 28), "edges": (1, 6, 8), "shapes": (3, 8, 8)}


@pytest.mark.parametrize("name", PICTURE_NAMES)
def test_a_picture_has_whole_levels_and_its_shades_are_near_them(name: PictureName) -> None:
    levels = picture(name, 7)
    assert tuple(levels.shape) == SHAPES[name]
    assert len(levels) in CHANNEL_NAMES
    assert torch.equal(levels, levels.round())
    assert levels.min() == 0
    assert levels.max() == (1 if name == "edges" else WHITE)
    assert torch.allclose(shades(name, 7), levels / levels.max(), atol=0.5 / WHITE + 0.06)
    assert float(shades(name, 7).max()) <= 1


def test_digits_are_real_test_images() -> None:
    dataset = load("mnist5k")
    for digit in range(10):
        first = dataset.test_images[dataset.test_labels == digit][0]
        assert torch.equal((shades("mnist5k", digit) * 255).round(), first.float())


def test_each_channel_of_the_shapes_has_its_own() -> None:
    square, diagonal, disc = picture("shapes", 0) > 0
    assert int(square.sum()) == 16
    assert bool(diagonal[0, 0])
    assert bool(diagonal[7, 7])
    assert not bool(disc[0, 0])
    assert bool((square & diagonal).any())
    assert bool((diagonal & disc).any())
