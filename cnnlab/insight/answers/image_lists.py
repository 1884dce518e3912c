"""Which images to look at: those of a cell of the confusion matrix, the most confident mistakes, those of one run."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnnlab.insight.answers.checked import checked_answers

DOUBTFUL_EPOCHS = 3
"""A label is doubted where the last answers, this many, are the same wrong one."""

DOUBTFUL_CONFIDENCE = 0.95
"""A label is doubted only where the last answer has at least this confidence."""

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OneRight:
    """The images that one of two networks alone has right, by their numbers.

    Those of which the other one is wrong with the highest confidence come first.
    """

    only_a: Indices
    only_b: Indices


def images_of_cell(
    labels: npt.ArrayLike, answers: npt.ArrayLike, confidences: npt.ArrayLike, *, label: int, answer: int
) -> Indices:
    """The images of class `label` with that `answer`, by their numbers, those of the highest confidence first.

    `labels`, `answers` and `confidences` (N,) are those of all images. Raises `Refused` if they are no such numbers.

    >>> images_of_cell([0, 0, 1], [1, 1, 1], [0.6, 0.9, 0.7], label=0, answer=1).tolist()
    [1, 0]
    """
    truth, answered = checked_answers(labels=labels, answers=answers)
    return _most_confident(np.flatnonzero((truth == label) & (answered == answer)), confidences)


def confident_mistakes(labels: npt.ArrayLike, answers: npt.ArrayLike, confidences: npt.ArrayLike) -> Indices:
    """The images with a wrong answer, by their numbers, those of the highest confidence first; each (N,).

    >>> confident_mistakes([0, 0, 1], [1, 0, 0], [0.6, 0.9, 0.7]).tolist()
    [2, 0]
    """
    truth, answered = checked_answers(labels=labels, answers=answers)
    return _most_confident(np.flatnonzero(truth != answered), confidences)


def doubtful_labels(labels: npt.ArrayLike, answers: npt.ArrayLike, confidences: npt.ArrayLike) -> Indices:
    """The images whose label is perhaps wrong, by their numbers, those of the highest confidence first.

    `answers` and `confidences` (E, N) are those after each epoch. A label is doubted if the last `DOUBTFUL_EPOCHS`
    answers are the same wrong class, and the last one has a confidence of at least `DOUBTFUL_CONFIDENCE` and at least
    that with which images of this class are recognised in the mean. The second threshold is that of confident
    learning, but over the images that are recognised, as the probabilities of the others are not kept: a stricter one.

    >>> labels, wrong = [0, 1, 1], [1, 1, 1]
    >>> doubtful_labels(labels, [wrong] * 3, [[0.99, 0.97, 0.98]] * 3).tolist()
    [0]
    >>> doubtful_labels(labels, [wrong] * 3, [[0.96, 0.97, 0.98]] * 3).tolist()
    []

    Source: Northcutt, Jiang and Chuang 2021, "Confident learning: estimating uncertainty in dataset labels".
    """
    rows, levels = np.asarray(answers), np.asarray(confidences, dtype=np.float64)
    if len(rows) < DOUBTFUL_EPOCHS:
        return np.empty(0, np.int64)
    truth, last = checked_answers(labels=labels, answers=rows[-1])
    is_right = truth == last
    counts = np.bincount(last[is_right], minlength=last.max() + 1)
    sums = np.bincount(last[is_right], weights=levels[-1][is_right], minlength=last.max() + 1)
    usual = sums / np.maximum(counts, 1)
    is_same = (rows[-DOUBTFUL_EPOCHS:] == last).all(0)
    is_confident = levels[-1] >= np.maximum(usual[last], DOUBTFUL_CONFIDENCE)
    return _most_confident(np.flatnonzero(~is_right & is_same & is_confident), levels[-1])


def one_right(
    labels: npt.ArrayLike,
    answers_a: npt.ArrayLike,
    answers_b: npt.ArrayLike,
    *,
    confidences_a: npt.ArrayLike,
    confidences_b: npt.ArrayLike,
) -> OneRight:
    """The images on which one of two networks alone is right; each argument is (N,).

    >>> found = one_right([0, 0, 1], [0, 1, 1], [1, 0, 0], confidences_a=[0.9, 0.7, 0.8], confidences_b=[0.5, 0.6, 0.7])
    >>> found.only_a.tolist(), found.only_b.tolist()
    ([2, 0], [1])
    """
    truth, first, second = checked_answers(labels=labels, answers_a=answers_a, answers_b=answers_b)
    a, b = first == truth, second == truth
    return OneRight(
        only_a=_most_confident(np.flatnonzero(a & ~b), confidences_b),
        only_b=_most_confident(np.flatnonzero(b & ~a), confidences_a),
    )


def _most_confident(images: Indices, confidences: npt.ArrayLike) -> Indices:
    ordered: Indices = images[np.argsort(-np.asarray(confidences, dtype=np.float64)[images], kind="stable")]
    return ordered
