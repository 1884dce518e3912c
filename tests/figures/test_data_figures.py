"""Pictures of a set, its balance, and the curve of a range test: the numbers that they are given, and words for all."""

import numpy as np
import pytest

from cnnlab.figures.palette import Theme
from cnnlab.figures.pictures import GAP, LEAST_SIDE, grid
from cnnlab.figures.training.class_balance import MOST_NAMED, PARTS, balance, describe_balance
from cnnlab.figures.training.curves import Line, Reference, curves, describe, over_seeds
from cnnlab.figures.training.range_test import describe_rates, rate_curve

COUNTS = dict(zip(PARTS, [(5, 3), (2, 2), (0, 0)], strict=True))


@pytest.mark.parametrize(("channels", "side"), [(1, 8), (3, 32), (3, 64)])
def test_a_grid_shows_every_pixel_as_a_square(channels: int, side: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, channels, side, side), dtype=np.uint8)
    picture = grid(images, 3)
    times = -(-LEAST_SIDE // side)
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
def test_balance_has_a_bar_for_each_part_that_there_is(theme: Theme) -> None:
    figure = balance(("a<b>", "c"), COUNTS, theme=theme)
    assert [trace["name"] for trace in figure["data"]] == ["to learn from", "to test on"]
    assert figure["data"][0]["x"] == [5, 3]
    assert figure["data"][0]["y"] == ["a&lt;b&gt;", "c"]
    assert figure["layout"]["xaxis"]["title"]["text"] == "images"


def test_many_classes_are_drawn_without_names() -> None:
    classes = [str(i) for i in range(MOST_NAMED + 1)]
    counts = {part: [1] * len(classes) for part in PARTS}
    assert balance(classes, counts, theme="light")["layout"]["yaxis"]["showticklabels"] is False


def test_balance_in_words() -> None:
    assert describe_balance(("cat", "dog"), COUNTS) == "The 2 classes have from 5 images (dog) to 7 (cat)."
    even = dict.fromkeys(PARTS, (4, 4))
    assert describe_balance(("cat", "dog"), even) == "Each of the 2 classes has 12 images."


@pytest.mark.parametrize("advised", [None, 0.01])
def test_the_advised_rate_is_marked(advised: float | None) -> None:
    figure = rate_curve([0.001, 0.01, 0.1], [2.3, 2.0, 1.0], advised, theme="light")
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == ([] if advised is None else [0.01])
    assert [note["x"] for note in figure["layout"]["annotations"]] == ([] if advised is None else [-2.0])
    words = describe_rates([0.001, 0.01, 0.1], [2.3, 2.0, 1.0], advised)
    assert "is lowest (1.00) at a learning rate of 0.1" in words
    assert ("Try 0.01." in words) == (advised is not None)
    assert describe_rates([], [], None) == "No loss could be measured."


def line(**more: object) -> Line:
    values = {"name": "a", "steps": [1, 2], "train": [0.1, 0.2], "test_steps": [2], "test": [0.5], **more}
    return Line(**values)  # type: ignore[arg-type]


def test_validation_is_a_curve_of_its_own() -> None:
    figure = curves([line(validation=[0.4])], measure="accuracy", theme="light", total_steps=2, revision="")
    assert [trace["name"] for trace in figure["data"]] == ["each step", "train", "test", "validation"]
    assert figure["data"][-1]["y"] == [40]


def test_other_methods_are_level_lines() -> None:
    references = [Reference(title="old", value=0.9), Reference(title="older", value=0.8)]
    figure = curves([line()], measure="accuracy", theme="dark", total_steps=200, revision="", references=references)
    old, older = figure["data"][-2:]
    assert (old["y"], old["x"], old["name"]) == ([90, 90], [0, 200], "old")
    assert old["line"]["dash"] != older["line"]["dash"]


def test_seeds_are_a_mean_between_the_lowest_and_the_highest() -> None:
    band = over_seeds("three", [[10, 20], [10, 20], [10]], [[0.5, 0.8], [0.7, 0.9], [0.6]])
    assert (band.test_steps, band.test) == ([10], [pytest.approx(0.6)])
    assert (band.low, band.high) == ([0.5], [0.7])
    figure = curves([band], measure="accuracy", theme="light", total_steps=20, revision="")
    low, high, _train, mean = figure["data"]
    assert (low["y"], high["y"], mean["y"]) == ([50], [70], [60])
    assert high["fill"] == "tonexty"
    assert "test 60.0 % on average over its seeds, 50.0 to 70.0 %" in describe([band], measure="accuracy")


def test_seeds_that_have_no_epoch_yet_are_an_empty_line() -> None:
    band = over_seeds("none", [[], [10]], [[], [0.5]])
    assert band.test == []
    curves([band], measure="loss", theme="light", total_steps=20, revision="")
    assert "no step yet" in describe([band], measure="loss")
