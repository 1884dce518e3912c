"""Whether two ways of training differ by more than chance: a paired test over the seeds that both were trained with."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

CONFIDENCE = 0.95

MIN_SEEDS = 3
"""Fewer pairs do not show how much chance does."""

ROUNDING = 1e-12
"""Differences that vary less are equal: their mean is certain, and scipy warns of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedComparison:
    """How much more accurate the second way is than the first, as a difference of accuracies from 0 to 1.

    `low` and `high` bound the mean difference with 95 % confidence (Student's paired test); `is_noise` says that 0 lies
    between them, so that chance explains the difference. All four are None if there are too few pairs.
    """

    num_pairs: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    is_noise: bool | None = None


def compare_seeds(first: Mapping[int, float], second: Mapping[int, float]) -> SeedComparison:
    """Compare two ways of training by the accuracies that each reached, by seed.

    >>> compare_seeds({0: 0.90, 1: 0.91, 2: 0.89}, {0: 0.95, 1: 0.955, 2: 0.945}).is_noise
    False
    """
    seeds = sorted(first.keys() & second.keys())
    if len(seeds) < MIN_SEEDS:
        return SeedComparison(num_pairs=len(seeds))
    before, after = [first[seed] for seed in seeds], [second[seed] for seed in seeds]
    differences = [new - old for old, new in zip(before, after, strict=True)]
    low = high = mean = fmean(differences)
    if max(differences) - min(differences) > ROUNDING:
        from scipy.stats import ttest_rel

        low, high = map(float, ttest_rel(after, before).confidence_interval(CONFIDENCE))
    return SeedComparison(num_pairs=len(seeds), difference=mean, low=low, high=high, is_noise=low <= 0 <= high)
