"""The loss of a training step, with auxiliary heads where the network has some."""

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor


class Losses(NamedTuple):
    """What a step computes of a batch before `backward`: `total` is what it minimises, `main` that of the main head."""

    total: Tensor
    main: Tensor
    logits: Tensor


def training_loss(
    outputs: Tensor | tuple[Tensor, ...], labels: Tensor, *, label_smoothing: float, auxiliary_weight: float
) -> Losses:
    """The mean cross-entropy of what a network answers in train mode: logits (N, classes), or a tuple of those.

    The first of a tuple is the main head, and each other counts `auxiliary_weight` times.
    """

    def loss(answers: Tensor) -> Tensor:
        return F.cross_entropy(answers, labels, label_smoothing=label_smoothing)

    logits, *auxiliary = outputs if isinstance(outputs, tuple) else (outputs,)
    main = loss(logits)
    if not auxiliary or not auxiliary_weight:
        return Losses(main, main, logits)
    return Losses(main + sum(auxiliary_weight * loss(other) for other in auxiliary), main, logits)
