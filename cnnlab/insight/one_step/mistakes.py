"""Two common mistakes in a training loop, and what they do to this network and this batch."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnlab.insight.one_step.batch import (
    check_labels,
    checked_batch,
    checked_labels,
    losses,
    memory_explained,
    random_state,
    training_copy,
)
from cnnlab.insight.refusals import refused
from cnnlab.training.recipe import Recipe
from cnnlab.words.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenZeroGrad:
    """The gradient norms of each parameter tensor after one `backward`, and after another one without `zero_grad`.

    `num_doubled` of `num_weights` gradients are exactly twice the first ones.
    """

    norms: dict[str, float]
    accumulated_norms: dict[str, float]
    num_doubled: int
    num_weights: int
    sentence: Sentence


def forgotten_zero_grad(network: nn.Module, images: Tensor, labels: Tensor, recipe: Recipe) -> ForgottenZeroGrad:
    """Two backward passes on the same batch without `zero_grad` between them, as `one_step` takes its arguments.

    `backward` adds to `.grad`. Dropout draws the same units both times, so that nothing else differs. The network stays
    as it is. Raises `Refused` if the images, labels or network do not fit each other, and `TrainingFailed` if the
    memory does not suffice.

    >>> import torch, cnnlab
    >>> network = cnnlab.build(cnnlab.preset("lenet5_tutorial"))
    >>> found = forgotten_zero_grad(network, torch.rand(8, 1, 32, 32), torch.arange(8), cnnlab.Recipe())
    >>> found.num_doubled == found.num_weights
    True

    Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.backward.html
    """
    trained = training_copy(network)
    images, labels = checked_batch(trained, images, labels)
    with memory_explained(images):
        once = _backward(trained, images, labels, recipe)
        twice = _backward(trained, images, labels, recipe)
    num_weights = sum(gradient.numel() for gradient in once.values())
    num_doubled = sum(int((twice[name] == 2 * gradient).sum()) for name, gradient in once.items())
    return ForgottenZeroGrad(
        norms={name: float(gradient.norm()) for name, gradient in once.items()},
        accumulated_norms={name: float(gradient.norm()) for name, gradient in twice.items()},
        num_doubled=num_doubled,
        num_weights=num_weights,
        sentence=Sentence(
            "Without `zero_grad`, `backward` adds the new gradients to the old ones. After a second `backward` on the"
            " same batch, {doubled:,} of {total:,} gradients are exactly twice as large, as a step of SGD would be.",
            doubled=num_doubled,
            total=num_weights,
        ),
    )


def _backward(network: nn.Module, images: Tensor, labels: Tensor, recipe: Recipe) -> dict[str, Tensor]:
    """The gradients after one more `backward`."""
    with random_state(network, recipe):
        losses(network, images, labels, recipe).total.backward()  # type: ignore[no-untyped-call]
    return {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftmaxTwice:
    """The loss of logits, and of their softmax in place of the logits.

    `lowest` is the lowest value that the loss with the softmax can have. The gradient norms are those of the loss by
    the logits (N, classes).
    """

    loss: float
    loss_with_softmax: float
    lowest: float
    gradient_norm: float
    gradient_norm_with_softmax: float
    sentence: Sentence


def softmax_before_cross_entropy(logits: Tensor, labels: Tensor) -> SoftmaxTwice:
    """What a softmax at the end of the network does to `F.cross_entropy`, which has a softmax itself.

    `logits` are (N, classes), `labels` (N,). Raises `Refused` if they do not fit each other.

    >>> found = softmax_before_cross_entropy(torch.eye(10) * 100, torch.arange(10))
    >>> f"{found.loss:.4f} {found.loss_with_softmax:.4f} {found.lowest:.4f}"
    '0.0000 1.4612 1.4612'

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
    """
    if logits.ndim != 2 or not len(logits) or not logits.is_floating_point():
        raise refused(
            "logits",
            "`logits` must be floating-point numbers of the shape (N, classes), and they are {dtype} of the shape"
            " {shape}: use what the network gives for a batch.",
            dtype=str(logits.dtype),
            shape=tuple(logits.shape),
        )
    labels = checked_labels(labels, len(logits))
    check_labels(labels, logits.shape[1])
    loss, norm = _loss_and_gradient_norm(logits, labels, with_softmax=False)
    loss_with_softmax, norm_with_softmax = _loss_and_gradient_norm(logits, labels, with_softmax=True)
    lowest = lowest_loss_with_softmax(logits.shape[1])
    return SoftmaxTwice(
        loss=loss,
        loss_with_softmax=loss_with_softmax,
        lowest=lowest,
        gradient_norm=norm,
        gradient_norm_with_softmax=norm_with_softmax,
        sentence=Sentence(
            "`F.cross_entropy` takes logits. After a softmax they are between 0 and 1, and the loss of {classes}"
            " classes is never under {lowest:.4f}, even if every answer is right: here it is {with_softmax:.4f} and not"
            " {without:.4f}, and its gradient has a norm of {norm_with_softmax:.3g} and not {norm:.3g}.",
            classes=logits.shape[1],
            lowest=lowest,
            with_softmax=loss_with_softmax,
            without=loss,
            norm_with_softmax=norm_with_softmax,
            norm=norm,
        ),
    )


def lowest_loss_with_softmax(num_classes: int) -> float:
    """The cross-entropy of probabilities in place of logits, where the right class has 1 and all others have 0.

    >>> f"{lowest_loss_with_softmax(10):.4f}"  # -log(e / (e + 9))
    '1.4612'
    """
    return math.log(math.e + num_classes - 1) - 1


def _loss_and_gradient_norm(logits: Tensor, labels: Tensor, *, with_softmax: bool) -> tuple[float, float]:
    answers = logits.detach().requires_grad_()
    loss = F.cross_entropy(answers.softmax(1) if with_softmax else answers, labels)
    (gradient,) = torch.autograd.grad(loss, answers)
    return loss.item(), float(gradient.norm())
