"""What the network answers about each image of a batch, and the image's part of the loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAnswer:
    """One image: its class, the class with the largest logit, the softmax of both, and the cross-entropy."""

    label: int
    answer: int
    answer_probability: float
    label_probability: float
    loss: float


def batch_answers(logits: Tensor, labels: Tensor) -> tuple[BatchAnswer, ...]:
    """An answer for each image, of logits (N, classes) and labels (N,); the mean of their losses is the cross-entropy.

    >>> import torch
    >>> (answer,) = batch_answers(torch.zeros(1, 4), torch.tensor([2]))
    >>> answer.label_probability, round(answer.loss, 4)
    (0.25, 1.3863)
    """
    probabilities, losses = logits.softmax(1), F.cross_entropy(logits, labels, reduction="none")
    return tuple(
        BatchAnswer(
            label=label,
            answer=int(row.argmax()),
            answer_probability=float(row.max()),
            label_probability=float(row[label]),
            loss=loss + 0.0,  # not -0.0
        )
        for row, label, loss in zip(probabilities, labels.tolist(), losses.tolist(), strict=True)
    )


def mean_loss(answers: Sequence[BatchAnswer]) -> float:
    """The cross-entropy of the batch: that of the step, without label smoothing and auxiliary heads."""
    return fmean(answer.loss for answer in answers)
