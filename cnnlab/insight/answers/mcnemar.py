"""McNemar's test: do two networks differ in their answers to the same images by more than chance?"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnnlab.insight.answers.checked import checked_answers
from cnnlab.words.numbers import share
from cnnlab.words.sentence import Sentence

SIGNIFICANCE = 0.05
"""The probability of so large a difference by chance, below which it is called more than chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McNemar:
    """Images by which of two networks, A and B, is right.

    `p_value` is the probability that the images on which only one is right are shared at least as unevenly, if for
    each of them both were equally likely to be the one: that of the exact test, on both sides.
    """

    num_both: int
    num_only_a: int
    num_only_b: int
    num_neither: int
    p_value: float

    def sentence(self, a: str = "A", b: str = "B") -> Sentence:
        """The two counts and what they mean; `a` and `b` are the names of the networks."""
        return Sentence(
            "{a} alone is right on {only_a:,} images, {b} alone on {only_b:,}. {meaning}",
            a=a,
            b=b,
            only_a=self.num_only_a,
            only_b=self.num_only_b,
            meaning=self._meaning(a if self.num_only_a > self.num_only_b else b),
        )

    def _meaning(self, better: str) -> Sentence:
        if self.num_only_a + self.num_only_b == 0:
            return Sentence("They are right on the same images.")
        if self.p_value >= SIGNIFICANCE:
            return Sentence(
                "Between two equally good networks, chance alone shares them at least as unevenly in {chance} of all"
                " cases: these images do not show that one is better.",
                chance=share(self.p_value),
            )
        return Sentence(
            "Between two equally good networks, chance alone shares them at least as unevenly in {chance} of all cases:"
            " on such images {better} is better. Trained again with another seed, the networks may differ otherwise.",
            chance=share(self.p_value),
            better=better,
        )


def mcnemar(labels: npt.ArrayLike, answers_a: npt.ArrayLike, answers_b: npt.ArrayLike) -> McNemar:
    """The images on which one of two networks alone is right, and McNemar's exact test.

    `labels` (N,) are the classes of the images, and the answers (N,) those of each network to the same images. Raises
    `Refused` if they are no whole numbers from 0 on, or not as many.

    >>> found = mcnemar([0] * 50, [0] * 38 + [1] * 12, [1] * 31 + [0] * 19)
    >>> print(found.sentence())
    A alone is right on 31 images, B alone on 12. Between two equally good networks, ... in 0.5 % of all cases: ...

    Source: McNemar 1947; Dietterich 1998, "Approximate statistical tests for comparing supervised classification
    learning algorithms".
    """
    from scipy.stats import binomtest

    truth, first, second = checked_answers(labels=labels, answers_a=answers_a, answers_b=answers_b)
    a, b = first == truth, second == truth
    only_a, only_b = int(np.sum(a & ~b)), int(np.sum(b & ~a))
    return McNemar(
        num_both=int(np.sum(a & b)),
        num_only_a=only_a,
        num_only_b=only_b,
        num_neither=int(np.sum(~a & ~b)),
        p_value=float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0,
    )
