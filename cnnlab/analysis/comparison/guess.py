"""A cost that is guessed before it is read: the question, the answers to choose from, and how close a guess was."""

from dataclasses import dataclass

from cnnlab.analysis.entries import Entry
from cnnlab.analysis.measures import Measure
from cnnlab.words.numbers import ratio
from cnnlab.words.sentence import Sentence

_STEPS = (1.1, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 15.0, 20.0)

FACTORS = (*(1 / step for step in reversed(_STEPS)), 1.0, *_STEPS)
"""The factors to choose from, the same down as up, so that they do not give the direction away."""

CLOSE = 1.16
"""The factor by which a close guess may be wrong: the nearest of the `FACTORS` is so close, up to 20."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """How the cost of `other` compares with that of `base`, where both have one.

    >>> from cnnlab.analysis.entries import entry_of
    >>> from cnnlab.analysis.measures import MEASURES
    >>> from cnnlab.architectures import preset
    >>> wide, narrow = (entry_of(preset("resnet18").replace(width=width)) for width in (64, 32))
    >>> question = Question(measure=MEASURES["macs"], base=wide, other=narrow)
    >>> print(question.verdict(1 / 4))
    The guess was ÷ 4.00, and the truth is ÷ 3.75: that is close.
    """

    measure: Measure
    base: Entry
    other: Entry

    @property
    def truth(self) -> float | None:
        """The factor; None where one of the costs is zero or not known."""
        old, new = (self.measure.of(one) for one in (self.base, self.other))
        return new / old if new and old else None

    def guessed_text(self, factor: float) -> str:
        """The cost that a guess stands for."""
        return self.measure.text_with_symbol(factor * (self.measure.of(self.base) or 0))

    def true_text(self) -> str:
        """The cost as it is."""
        return self.measure.text_with_symbol(self.measure.of(self.other))

    def verdict(self, guess: float) -> Sentence:
        """The guess beside the truth, and how close it was."""
        truth = self.truth
        assert truth is not None
        error = max(guess / truth, truth / guess)
        if error <= CLOSE:
            template = "The guess was {guess}, and the truth is {truth}: that is close."
        elif guess > truth:
            template = "The guess was {guess}, and the truth is {truth}: the guess was {error} times too high."
        else:
            template = "The guess was {guess}, and the truth is {truth}: the guess was {error} times too low."
        written = f"{error:.1f}" if error < 9.95 else f"{error:.0f}"
        return Sentence(template, guess=ratio(guess, 1), truth=ratio(truth, 1), error=written)
