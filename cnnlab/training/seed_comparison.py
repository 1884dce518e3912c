"""Whether two ways of training differ by more than chance: both with the same seeds, and what lies between them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, stdev

CONFIDENCE = 0.95
LEAST_SEEDS = 3
"""From fewer pairs nothing can be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How much better the second way is than the first, in shares of right answers.

    `low` and `high` bound the mean difference with 95 % confidence (Student's paired test); `is_noise` says that 0 lies
    between them, so that chance explains the difference. All four are None where there are too few pairs.
    """

    num_pairs: int
    difference: float | None
    low: float | None
    high: float | None
    is_noise: bool | None


def compare_seeds(first: Mapping[int, float], second: Mapping[int, float]) -> Verdict:
    """The verdict on two ways of training from the accuracies that each reached, by seed.

    >>> compare_seeds({0: 0.90, 1: 0.91, 2: 0.89}, {0: 0.95, 1: 0.955, 2: 0.945}).is_noise
    False
    """
    differences = [second[seed] - first[seed] for seed in sorted(first.keys() & second.keys())]
    count = len(differences)
    if count < LEAST_SEEDS:
        return Verdict(num_pairs=count, difference=None, low=None, high=None, is_noise=None)
    from scipy.special import stdtrit

    mean = fmean(differences)
    reach = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * stdev(differences) / math.sqrt(count)
    low, high = mean - reach, mean + reach
    return Verdict(num_pairs=count, difference=mean, low=low, high=high, is_noise=low <= 0 <= high)
