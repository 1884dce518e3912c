"""Generated images: the same each time, of the shape that they are called, and harder where they should be."""

import pytest
import torch

from cnnlab.architectures import preset
from cnnlab.data.cards import SHAPES
from cnnlab.data.shapes import CONDITIONS, INSIDE, draw_shapes
from cnnlab.training import EpochEnd, Recipe, train


def test_a_seed_draws_the_same_images() -> None:
    first, labels = draw_shapes(30, seed=3, difficulty="medium")
    again, _ = draw_shapes(30, seed=3, difficulty="medium")
    other, _ = draw_shapes(30, seed=4, difficulty="medium")
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert labels.bincount().tolist() == [3] * len(SHAPES)


def test_each_class_has_a_formula() -> None:
    assert set(INSIDE) == set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_has_an_inside_that_ends_within_the_image(name: str) -> None:
    x, y = torch.meshgrid(torch.linspace(-1.5, 1.5, 301), torch.linspace(-1.5, 1.5, 301), indexing="xy")
    inside = INSIDE[name](x, y) > 0
    assert 0.03 < inside.float().mean() < 0.35
    assert torch.hypot(x, y)[inside].max() < 1.2


def test_a_ring_is_hollow_and_a_circle_is_not() -> None:
    middle = torch.zeros(1)
    assert INSIDE["circle"](middle, middle) > 0
    assert INSIDE["square"](middle, middle) > 0
    assert INSIDE["ring"](middle, middle) < 0
    assert INSIDE["frame"](middle, middle) < 0


def test_harder_images_have_more_noise_and_smaller_shapes() -> None:
    easy, medium, hard = (CONDITIONS[name] for name in ("easy", "medium", "hard"))
    assert easy.noise < medium.noise < hard.noise
    assert easy.sizes[0] > medium.sizes[0] > hard.sizes[0]
    assert easy.contrast > medium.contrast > hard.contrast


def test_a_small_network_learns_the_easy_ones() -> None:
    spec = preset("lenet5_rgb")
    recipe = Recipe(dataset="shapes_easy", epochs=2, batch_size=50, learning_rate=0.004)
    ends = [event for event in train(spec, recipe) if isinstance(event, EpochEnd)]
    assert ends[-1].test_accuracy > 0.6
