"""The counts of two networks' right answers, and the probability of their difference by chance."""

from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.insight.answers.mcnemar import SIGNIFICANCE, McNemar, mcnemar
from cnnlab.spec import Refused


def answers(only_a: int, only_b: int, both: int = 0, neither: int = 0) -> McNemar:
    """The test for that many images of class 0, whose wrong answers are 1 of A, and 2 of B."""
    a = [0] * only_a + [1] * only_b + [0] * both + [1] * neither
    b = [2] * only_a + [0] * only_b + [0] * both + [2] * neither
    return mcnemar([0] * len(a), a, b)


@settings(max_examples=50)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 20), st.integers(1, 20))
def test_counts_and_probability(only_a: int, only_b: int, both: int, neither: int) -> None:
    found = answers(only_a, only_b, both, neither)
    counts = (found.num_only_a, found.num_only_b, found.num_both, found.num_neither)
    assert counts == (only_a, only_b, both, neither)
    n, least = only_a + only_b, min(only_a, only_b)
    tail = sum(comb(n, k) for k in range(least + 1)) / 2**n
    assert found.p_value == pytest.approx(min(1.0, 2 * tail))


def test_what_it_says() -> None:
    clear = answers(31, 12)
    assert clear.p_value == pytest.approx(0.0054, abs=1e-4)
    said = clear.sentence("ResNet-20", "LeNet")
    assert said.startswith("ResNet-20 alone is right on 31 images, LeNet alone on 12.")
    assert "in 0.5 % of all cases: on such images ResNet-20 is better." in said
    assert "B is better" in answers(12, 31).sentence()
    assert "do not show that one is better" in answers(14, 12).sentence()
    assert "They are right on the same images." in answers(0, 0, both=3).sentence()


def test_the_border_is_the_stated_one() -> None:
    """Of 6 images, all on one side are significant (2 / 64); of 5 they are not (2 / 32)."""
    for count, is_better in ((6, True), (5, False)):
        found = answers(count, 0)
        assert (found.p_value < SIGNIFICANCE) == is_better == ("A is better" in found.sentence())


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (([0], [0], [0, 1]), "`answers_b` must be as long as `labels`, 1, and its length is 2"),
        (([0], [-1], [0]), "`answers_a` must be 0 or more, and one is -1"),
        (([], [], []), "`labels` must be a row of whole numbers"),
    ],
)
def test_bad_input_has_a_sentence(columns: tuple[list[int], list[int], list[int]], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        mcnemar(*columns)
