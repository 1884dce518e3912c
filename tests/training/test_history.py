"""What surrounds a training: the range test."""

import math
from itertools import pairwise

import pytest

from cnnlab.architectures import preset
from cnnlab.training import Recipe, train
from cnnlab.training.range_test import HIGHEST, LOWEST, NUM_STEPS, RangePoint, advised_rate, range_test

SPEC = preset("lenet5_tutorial").replace(channels=(4,), kernel_sizes=(3,), num_pools=1, dense_widths=(), image_size=8)
RECIPE = Recipe(dataset="digits", batch_size=64, optimizer="sgd", device="cpu")


def test_rates_grow_by_the_same_factor_until_the_loss_bursts() -> None:
    points = list(range_test(SPEC, RECIPE))
    assert points[0].learning_rate == LOWEST
    factor = (HIGHEST / LOWEST) ** (1 / (NUM_STEPS - 1))
    for before, after in pairwise(points):
        assert after.learning_rate == pytest.approx(factor * before.learning_rate)
    assert points[0].loss > min(point.loss for point in points)
    rate = advised_rate(points)
    assert rate is not None
    ends = list(train(SPEC, RECIPE.replace(learning_rate=rate, epochs=2)))
    assert ends[-1].best_test_accuracy > 0.5  # type: ignore[union-attr]


def test_a_loss_that_bursts_ends_the_test() -> None:
    points = list(range_test(SPEC.replace(norm="none"), RECIPE.replace(optimizer="rmsprop")))
    assert len(points) < NUM_STEPS
    assert all(math.isfinite(point.loss) for point in points)


def test_no_rate_is_advised_where_nothing_was_learnt() -> None:
    assert advised_rate([]) is None
    assert advised_rate([RangePoint(learning_rate=10.0**k, loss=2.3) for k in range(5)]) is None
