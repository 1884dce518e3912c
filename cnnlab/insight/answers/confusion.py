"""Which classes a network takes for which others."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cnnlab.insight.answers.checked import checked_answers
from cnnlab.words.numbers import share
from cnnlab.words.sentence import Sentence

NUM_LARGEST = 10
"""The most confusions that are listed."""

NUM_PAIRS = 20
"""The most pairs of classes that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusedPair:
    """`count` images of class `label` were taken for class `answer`."""

    label: int
    answer: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassScore:
    """How well one class is recognised.

    `precision` is the share of the images with this answer that are of the class, and `recall` the share of the images
    of the class with this answer; None where there are no such images. `num_images` are of the class.
    """

    label: int
    precision: float | None
    recall: float | None
    num_images: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Confusion:
    """The confusion matrix of a network's answers, and what stands out in it.

    `matrix` (classes, classes) has a row for each class and a column for each answer, and cannot be written to.
    `largest` are the most frequent confusions, at most `NUM_LARGEST`, the first the most frequent one; of equally
    frequent ones, those of the first classes come first. `pairs` are the classes that are confused most, in either
    direction, at most `NUM_PAIRS`: of each, the `label` is the smaller class.
    """

    matrix: npt.NDArray[np.int64] = field(repr=False)
    largest: tuple[ConfusedPair, ...]
    pairs: tuple[ConfusedPair, ...] = field(repr=False)
    classes: tuple[ClassScore, ...]
    accuracy: float

    def sentence(self, names: Sequence[str] | None = None) -> Sentence:
        """The share of right answers and the most frequent mistake; classes without `names` are numbers."""
        right = share(self.accuracy)
        if not self.largest:
            return Sentence("{right} right: no image was taken for one of another class.", right=right)
        pair = self.largest[0]
        return Sentence(
            "{right} right. The most frequent mistake: {label} taken for {answer}, {count:,} of {total:,} times.",
            right=right,
            label=names[pair.label] if names else pair.label,
            answer=names[pair.answer] if names else pair.answer,
            count=pair.count,
            total=self.classes[pair.label].num_images,
        )


def confusion(labels: npt.ArrayLike, answers: npt.ArrayLike, num_classes: int) -> Confusion:
    """The confusion matrix of `answers` (N,) to images whose classes are `labels` (N,), both from 0 to num_classes - 1.

    Raises `Refused` if they are no such whole numbers, there are none, or there are fewer than two classes.

    >>> import cnnlab
    >>> found = cnnlab.confusion(labels=[0, 0, 1, 1, 1], answers=[0, 1, 1, 1, 0], num_classes=2)
    >>> found.matrix.tolist()
    [[1, 1], [1, 2]]
    >>> found.largest[0]
    ConfusedPair(label=0, answer=1, count=1)
    >>> print(found.sentence(["cat", "dog"]))
    60.0 % right. The most frequent mistake: cat taken for dog, 1 of 2 times.

    Source: https://scikit-learn.org/stable/modules/model_evaluation.html
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    truth, answered = checked_answers(num_classes, labels=labels, answers=answers)
    classes = np.arange(num_classes)
    matrix = confusion_matrix(truth, answered, labels=classes).astype(np.int64)
    matrix.flags.writeable = False
    precisions, recalls, _, counts = precision_recall_fscore_support(
        truth, answered, labels=classes, zero_division=np.nan
    )
    return Confusion(
        matrix=matrix,
        largest=_largest(matrix, NUM_LARGEST),
        pairs=_largest(np.triu(matrix + matrix.T, k=1), NUM_PAIRS),
        classes=tuple(
            ClassScore(label=label, precision=_defined(precision), recall=_defined(recall), num_images=int(count))
            for label, (precision, recall, count) in enumerate(zip(precisions, recalls, counts, strict=True))
        ),
        accuracy=float(np.mean(truth == answered)),
    )


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _largest(matrix: npt.NDArray[np.int64], most: int) -> tuple[ConfusedPair, ...]:
    mistakes = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-mistakes, axis=None, kind="stable")[:most]
    labels, answers = np.unravel_index(order, mistakes.shape)
    pairs = (
        ConfusedPair(label=int(label), answer=int(answer), count=int(mistakes[label, answer]))
        for label, answer in zip(labels, answers, strict=True)
    )
    return tuple(pair for pair in pairs if pair.count)
