"""A guessed cost: the choices, and how close a guess was."""

from itertools import pairwise

import pytest

from cnnlab.analysis.comparison.guess import CLOSE, FACTORS, Question
from cnnlab.analysis.comparison.ready import READY_COMPARISONS, ReadyComparison
from cnnlab.analysis.entries import entry_of
from cnnlab.analysis.measures import MEASURES
from cnnlab.architectures import preset


def question(measure: str = "macs") -> Question:
    base, other = map(entry_of, (preset("mobilenet_v1_standard_conv"), preset("mobilenet_v1")))
    return Question(measure=MEASURES[measure], base=base, other=other)


def test_the_nearest_factor_is_always_close() -> None:
    assert all(low < high < low * CLOSE**2 for low, high in pairwise(FACTORS))
    assert [1 / factor for factor in reversed(FACTORS)] == pytest.approx(FACTORS)


@pytest.mark.parametrize(
    ("guess", "ending"),
    [
        (1 / 8, "that is close."),
        (1 / 9, "that is close."),
        (1.0, "the guess was 8.6 times too high."),
        (1 / 20, "the guess was 2.3 times too low."),
        (20.0, "the guess was 171 times too high."),
    ],
)
def test_a_guess_is_judged_by_its_factor(guess: float, ending: str) -> None:
    assert question().verdict(guess).endswith(f"the truth is ÷ 8.56: {ending}")


def test_a_guess_is_a_cost_too() -> None:
    assert question().guessed_text(0.5) == "2.43 GMACs"
    assert question().true_text() == "569 MMACs"


@pytest.mark.parametrize("ready", READY_COMPARISONS.values(), ids=READY_COMPARISONS)
def test_what_each_example_asks_can_be_guessed(ready: ReadyComparison) -> None:
    base, other = (entry_of(ready.networks[place]) for place in (0, ready.place))
    truth = Question(measure=MEASURES[ready.guessed], base=base, other=other).truth
    assert truth is not None
    assert FACTORS[0] < truth < FACTORS[-1]
