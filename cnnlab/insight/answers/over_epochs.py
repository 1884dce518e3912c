"""The same images over the epochs of a training: which were learnt, forgotten or never learnt, and which pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cnnlab.insight.answers.checked import checked_answers
from cnnlab.insight.answers.confusion import NUM_PAIRS
from cnnlab.insight.refusals import refused

LEARNT_SHARE = 0.05
"""A pair of classes is told apart where a smaller share of its images than this is confused."""

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImagesOverEpochs:
    """The images by what became of them, each in one of three lists of their numbers.

    `learnt` are right from some epoch on to the end, those learnt last first. `forgotten` are wrong at the end and were
    right after an earlier epoch, and `never_learnt` are wrong after every epoch. Each epoch is one whose answers are
    given.
    """

    learnt: Indices = field(repr=False)
    forgotten: Indices = field(repr=False)
    never_learnt: Indices = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairOverEpochs:
    """Two classes: of their images, the share that was taken for the other one, after each epoch.

    `learnt_at` is the first epoch from which on it stays below `LEARNT_SHARE` to the end; None if it does not.
    """

    first: int
    second: int
    confused: tuple[float, ...]
    learnt_at: int | None


def images_over_epochs(labels: npt.ArrayLike, answers: npt.ArrayLike) -> ImagesOverEpochs:
    """What became of images whose classes are `labels` (N,), by their `answers` (E, N) after epochs in order.

    Raises `Refused` if they are no such whole numbers.

    >>> found = images_over_epochs(labels=[0, 0, 1], answers=[[0, 1, 0], [1, 0, 0]])
    >>> found.learnt.tolist(), found.forgotten.tolist(), found.never_learnt.tolist()
    ([1], [0], [2])
    """
    truth, answered = _checked(labels, answers)
    is_right = answered == truth
    ever, at_end = is_right.any(0), is_right[-1]
    right_for = np.logical_and.accumulate(is_right[::-1]).sum(0)  # epochs, up to the last one
    learnt = np.flatnonzero(at_end)
    return ImagesOverEpochs(
        learnt=learnt[np.argsort(right_for[learnt], kind="stable")],
        forgotten=np.flatnonzero(ever & ~at_end),
        never_learnt=np.flatnonzero(~ever),
    )


def pairs_over_epochs(
    labels: npt.ArrayLike, answers: npt.ArrayLike, epochs: Sequence[int], num_classes: int
) -> tuple[PairOverEpochs, ...]:
    """When each pair of classes was learnt: the pairs that were confused most, at most `NUM_PAIRS`.

    `answers` (E, N) are those after each of the `epochs` (E,). The first pair is the one of whose images the largest
    share was confused, in the mean over the epochs; pairs that never were are left out. Raises `Refused` as
    `images_over_epochs` does.

    >>> pairs_over_epochs([0, 0, 1, 1], [[1, 0, 1, 1], [0, 0, 1, 1]], epochs=[1, 2], num_classes=3)
    (PairOverEpochs(first=0, second=1, confused=(0.25, 0.0), learnt_at=2),)
    """
    truth, answered = _checked(labels, answers, num_classes)
    if len(epochs) != len(answered):
        raise refused(
            "epochs",
            "`epochs` must have one number for each row of answers, and it has {given} for {rows} rows: give as many.",
            given=len(epochs),
            rows=len(answered),
        )
    sizes = np.bincount(truth, minlength=num_classes)
    firsts, seconds = np.triu_indices(num_classes, k=1)
    shares = np.stack([_confused(truth, row, num_classes)[firsts, seconds] for row in answered])
    shares = shares / np.maximum(sizes[firsts] + sizes[seconds], 1)
    order = np.argsort(-shares.mean(0), kind="stable")[:NUM_PAIRS]
    return tuple(
        PairOverEpochs(
            first=int(firsts[i]),
            second=int(seconds[i]),
            confused=tuple(shares[:, i].tolist()),
            learnt_at=_learnt_at(shares[:, i], epochs),
        )
        for i in order
        if shares[:, i].any()
    )


def _checked(
    labels: npt.ArrayLike, answers: npt.ArrayLike, num_classes: int | None = None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    rows = np.asarray(answers)
    if rows.ndim != 2 or not len(rows):
        raise refused(
            "answers",
            "`answers` must have a row for each epoch and a column for each image, and their shape is {shape}: use one"
            " row or more.",
            shape=rows.shape,
        )
    checked = [checked_answers(num_classes, labels=labels, answers=row) for row in rows]
    return checked[0][0], np.stack([answered for _, answered in checked])


def _confused(truth: Indices, answered: Indices, num_classes: int) -> npt.NDArray[np.int64]:
    """How many images of each pair of classes are confused, in both directions: (classes, classes)."""
    counts = np.bincount(truth * num_classes + answered, minlength=num_classes**2).reshape(num_classes, num_classes)
    both: npt.NDArray[np.int64] = counts + counts.T
    return both


def _learnt_at(shares: npt.NDArray[np.float64], epochs: Sequence[int]) -> int | None:
    above = np.flatnonzero(shares >= LEARNT_SHARE)
    first = int(above[-1]) + 1 if len(above) else 0
    return int(epochs[first]) if first < len(epochs) else None
