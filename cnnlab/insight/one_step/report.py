"""Everything that can be said of a step, without the network: small enough to keep, and to send elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from torch import Tensor, nn

from cnnlab.insight.one_step.answers import BatchAnswer, batch_answers
from cnnlab.insight.one_step.graph import BackwardGraph
from cnnlab.insight.one_step.mistakes import (
    ForgottenZeroGrad,
    SoftmaxTwice,
    forgotten_zero_grad,
    softmax_before_cross_entropy,
)
from cnnlab.insight.one_step.result import StepState, TensorStep
from cnnlab.insight.one_step.step import one_step
from cnnlab.training.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """The step with this number from 1, as in `OneStep`; the batch before it, and the two mistakes in its place."""

    number: int
    states: tuple[StepState, ...]
    loss: float
    loss_after: float
    graph: BackwardGraph
    tensors: tuple[TensorStep, ...]
    by_hand: tuple[str, ...]
    options: dict[str, float]
    is_equal: bool
    answers: tuple[BatchAnswer, ...]
    forgotten: ForgottenZeroGrad
    softmax: SoftmaxTwice


def step_report(
    network: nn.Module, images: Tensor, labels: Tensor, recipe: Recipe, number: int = 1
) -> Iterator[StepReport | None]:
    """The report of the last of `number` steps on the same batch, and None before it, after each part of the work.

    Takes and raises what `one_step` does.

    >>> import torch, cnnlab
    >>> network = cnnlab.build(cnnlab.preset("lenet5_tutorial"))
    >>> *meanwhile, second = step_report(network, torch.rand(4, 1, 32, 32), torch.arange(4), cnnlab.Recipe(), number=2)
    >>> len(meanwhile), second.number, second.forgotten.num_doubled == second.forgotten.num_weights
    (2, 2, True)
    """
    before, state = network, None
    for _ in range(number - 1):
        earlier = one_step(before, images, labels, recipe, state)
        before, state = earlier.network, earlier.optimizer_state
        del earlier  # of a large network only one copy is kept
        yield None
    step = one_step(before, images, labels, recipe, state)
    yield None
    same = {field.name: getattr(step, field.name) for field in fields(StepReport) if hasattr(step, field.name)}
    yield StepReport(
        number=number,
        answers=batch_answers(step.logits, labels),
        forgotten=forgotten_zero_grad(before, images, labels, recipe),
        softmax=softmax_before_cross_entropy(step.logits, labels),
        **same,
    )
