import math
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from cnnlab.training.seed_comparison import compare_seeds


def test_a_large_and_steady_difference_is_no_noise() -> None:
    result = compare_seeds({s: 0.8 + s / 100 for s in range(5)}, {s: 0.9 + s / 99 for s in range(5)})
    assert result.is_noise is False
    assert result.num_pairs == 5
    assert result.low is not None
    assert result.high is not None
    assert 0 < result.low < result.high


def test_a_difference_that_changes_its_sign_is_noise() -> None:
    result = compare_seeds({0: 0.9, 1: 0.8, 2: 0.85, 3: 0.9}, {0: 0.8, 1: 0.9, 2: 0.86, 3: 0.89})
    assert result.is_noise is True


@given(st.dictionaries(st.integers(0, 9), st.tuples(st.integers(0, 355), st.integers(0, 355)), min_size=3))
def test_the_bounds_are_those_of_students_paired_test(right: dict[int, tuple[int, int]]) -> None:
    first, second = ({seed: counts[i] / 355 for seed, counts in right.items()} for i in (0, 1))
    result = compare_seeds(first, {**second, 99: 0.5})
    differences = [second[seed] - first[seed] for seed in right]
    quantile = stdtrit(len(right) - 1, 0.975)  # of Student's distribution
    reach = quantile * stdev(differences) / math.sqrt(len(right))
    assert result.num_pairs == len(right)
    assert (result.low, result.high) == pytest.approx(
        (fmean(differences) - reach, fmean(differences) + reach), abs=1e-9
    )


def test_equal_differences_are_certain() -> None:
    result = compare_seeds({0: 0.1, 1: 0.2, 2: 0.3}, {0: 0.2, 1: 0.3, 2: 0.4})
    assert (result.low, result.high, result.is_noise) == (pytest.approx(0.1), pytest.approx(0.1), False)
    same = dict.fromkeys(range(3), 0.5)
    assert compare_seeds(same, same).is_noise is True


@given(st.dictionaries(st.integers(0, 5), st.floats(0, 1)), st.dictionaries(st.integers(0, 5), st.floats(0, 1)))
def test_too_few_pairs_have_no_result(first: dict[int, float], second: dict[int, float]) -> None:
    result = compare_seeds(first, second)
    assert result.num_pairs == len(first.keys() & second.keys())
    assert (result.is_noise is None) == (result.num_pairs < 3)
