"""Pictures of a set, its balance, and the curve of a range test: the numbers that they are given, and words for all."""

import numpy as np
import pytest

from cnnlab.figures.palette import Theme
from cnnlab.figures.pictures import GAP, MIN_SIDE, grid
from cnnlab.figures.training.class_balance import MAX_NAMED, SPLITS, balance, describe_balance
from cnnlab.figures.training.range_test import describe_rates, rate_curve

COUNTS = dict(zip(SPLITS, [(5, 3), (2, 2), (0, 0)], strict=True))


@pytest.mark.parametrize(("channels", "side"), [(1, 8), (3, 32), (3, 64)])
def test_a_grid_shows_every_pixel_as_a_square(channels: int, side: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, channels, side, side), dtype=np.uint8)
    picture = grid(images, 3)
    times = -(-MIN_SIDE // side)
    large = times * side
    assert picture.shape == (2 * large + GAP, 3 * large + 2 * GAP, 4)
    fourth = picture[large + GAP :, :large]
    assert (fourth[..., 3] == 255).all()
    for channel in range(3):
        expected = images[3, channel % channels].repeat(times, 0).repeat(times, 1)
        assert (fourth[..., channel] == expected).all()
    assert not picture[:, large : large + GAP].any()
    assert not picture[large + GAP :, 2 * (large + GAP) :].any()


def test_fewer_images_than_columns_make_one_row() -> None:
    assert grid(np.zeros((2, 1, 48, 48), np.uint8), 5).shape == (48, 2 * 48 + GAP, 4)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_balance_has_a_bar_for_each_split_that_has_images(theme: Theme) -> None:
    figure = balance(("a<b>", "c"), COUNTS, theme=theme)
    assert [trace["name"] for trace in figure["data"]] == ["training", "test"]
    assert figure["data"][0]["x"] == [5, 3]
    assert figure["data"][0]["y"] == ["a&lt;b&gt;", "c"]
    assert figure["layout"]["xaxis"]["title"]["text"] == "images"


def test_many_classes_are_drawn_without_names() -> None:
    classes = [str(i) for i in range(MAX_NAMED + 1)]
    counts = {split: [1] * len(classes) for split in SPLITS}
    assert balance(classes, counts, theme="light")["layout"]["yaxis"]["showticklabels"] is False


def test_balance_in_words() -> None:
    assert describe_balance(("cat", "dog"), COUNTS) == "The 2 classes have from 5 images (dog) to 7 (cat)."
    even = dict.fromkeys(SPLITS, (4, 4))
    assert describe_balance(("cat", "dog"), even) == "Each of the 2 classes has 12 images."


@pytest.mark.parametrize("suggested", [None, 0.01])
def test_the_suggested_rate_is_marked(suggested: float | None) -> None:
    figure = rate_curve([0.001, 0.01, 0.1], [2.3, 2.0, 1.0], suggested, theme="light")
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == ([] if suggested is None else [0.01])
    assert [note["x"] for note in figure["layout"]["annotations"]] == ([] if suggested is None else [-2.0])
    words = describe_rates([0.001, 0.01, 0.1], [2.3, 2.0, 1.0], suggested)
    assert "is lowest (1.00) at a learning rate of 0.1" in words
    assert ("Try 0.01." in words) == (suggested is not None)
    assert describe_rates([], [], None) == "No loss could be measured."
