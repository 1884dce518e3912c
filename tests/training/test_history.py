"""What surrounds a training: the range test, the seeds' verdict, and the methods that came before."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.architectures import preset
from cnnlab.training import Recipe, train
from cnnlab.training.baseline import baselines
from cnnlab.training.range_test import HIGHEST, LOWEST, NUM_STEPS, RangePoint, advised_rate, range_test
from cnnlab.training.seed_comparison import compare_seeds

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


def test_a_large_and_steady_difference_is_no_noise() -> None:
    verdict = compare_seeds({s: 0.8 + s / 100 for s in range(5)}, {s: 0.9 + s / 99 for s in range(5)})
    assert verdict.is_noise is False
    assert verdict.num_pairs == 5
    assert verdict.low is not None
    assert verdict.high is not None
    assert 0 < verdict.low < verdict.high


def test_a_difference_that_changes_its_sign_is_noise() -> None:
    verdict = compare_seeds({0: 0.9, 1: 0.8, 2: 0.85, 3: 0.9}, {0: 0.8, 1: 0.9, 2: 0.86, 3: 0.89})
    assert verdict.is_noise is True


def test_the_bounds_are_those_of_students_test() -> None:
    from scipy.stats import ttest_rel

    first, second = {0: 0.91, 1: 0.93, 2: 0.90, 7: 0.5}, {0: 0.92, 1: 0.95, 2: 0.93, 9: 0.1}
    verdict = compare_seeds(first, second)
    expected = ttest_rel([0.92, 0.95, 0.93], [0.91, 0.93, 0.90]).confidence_interval(0.95)
    assert (verdict.low, verdict.high) == pytest.approx((expected.low, expected.high))


@given(st.dictionaries(st.integers(0, 5), st.floats(0, 1)), st.dictionaries(st.integers(0, 5), st.floats(0, 1)))
def test_too_few_pairs_have_no_verdict(first: dict[int, float], second: dict[int, float]) -> None:
    verdict = compare_seeds(first, second)
    assert verdict.num_pairs == len(first.keys() & second.keys())
    assert (verdict.is_noise is None) == (verdict.num_pairs < 3)


def test_classical_methods_see_the_same_split() -> None:
    nearest, gradients = baselines(Recipe(dataset="digits", train_share=0.3))
    assert nearest.num_train == gradients.num_train == pytest.approx(0.3 * 1442, abs=10)
    assert nearest.num_test == 355
    assert nearest.test_accuracy > 0.9
    assert gradients.test_accuracy > 0.8


def test_classical_methods_do_not_take_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnlab.training.baseline.MAX_IMAGES", 100)
    nearest, _ = baselines(Recipe(dataset="digits"))
    assert nearest.num_train == pytest.approx(100, abs=10)
    assert nearest.num_test == pytest.approx(100, abs=10)
