"""The seven states of a step, and what each did, in a sentence."""

import math

from torch import Tensor

from cnnlab.insight.one_step.graph import ACCUMULATES, BackwardGraph
from cnnlab.insight.one_step.result import StepState, TensorStep
from cnnlab.words.sentence import Sentence

NAMES = ("zero_grad", "forward", "loss", "grad_fn", "backward", "gradients", "update")


def states(
    *,
    code: tuple[tuple[str, str], ...],
    logits: Tensor,
    loss: float,
    loss_after: float,
    graph: BackwardGraph,
    tensors: tuple[TensorStep, ...],
) -> tuple[StepState, ...]:
    """The states in their order, with the lines of each."""
    sentences = (
        _zero_grad(tensors),
        _forward(logits),
        _loss(logits, loss),
        _grad_fn(graph),
        _backward(graph, tensors),
        _gradients(tensors),
        _update(tensors, loss, loss_after),
    )
    rows = enumerate(zip(NAMES, code, sentences, strict=True), start=1)
    return tuple(StepState(number=i, name=name, code=lines, sentence=said) for i, (name, lines, said) in rows)


def _zero_grad(tensors: tuple[TensorStep, ...]) -> Sentence:
    return Sentence(
        "`zero_grad` removes the gradients of the step before: {count} of {total} parameter tensors have none now.",
        count=sum(tensor.gradient_norm_before is None for tensor in tensors),
        total=len(tensors),
    )


def _forward(logits: Tensor) -> Sentence:
    best = logits[0].softmax(0).max(0)
    return Sentence(
        "The forward pass computes {classes} logits for each of {images} images. For the first image, the largest is"
        " that of class {answer}: its softmax is {probability:.3f}.",
        classes=logits.shape[1],
        images=len(logits),
        answer=int(best.indices),
        probability=best.values.item(),
    )


def _loss(logits: Tensor, loss: float) -> Sentence:
    classes = logits.shape[1]
    return Sentence(
        "The loss is one number, {loss:.5g}. The cross-entropy of giving each of {classes} classes the same"
        " probability is log {classes} = {even:.4f}.",
        loss=loss,
        classes=classes,
        even=math.log(classes),
    )


def _grad_fn(graph: BackwardGraph) -> Sentence:
    leaves = sum(node.name == ACCUMULATES for node in graph.nodes)
    return Sentence(
        "The loss keeps the graph of its computation: {operations} operations, from `{first}` back to {leaves}"
        " parameter tensors, each with an `AccumulateGrad`.",
        operations=len(graph.nodes) - leaves,
        first=graph.nodes[0].name,
        leaves=leaves,
    )


def _backward(graph: BackwardGraph, tensors: tuple[TensorStep, ...]) -> Sentence:
    return Sentence(
        "`backward` follows the graph from the loss and applies the chain rule at its {nodes} nodes. {count} of {total}"
        " parameter tensors have a gradient now.",
        nodes=len(graph.nodes),
        count=sum(tensor.gradient_norm is not None for tensor in tensors),
        total=len(tensors),
    )


def _gradients(tensors: tuple[TensorStep, ...]) -> Sentence:
    norms = {tensor.name: tensor.gradient_norm for tensor in tensors if tensor.gradient_norm is not None}
    largest, smallest = max(norms, key=norms.__getitem__), min(norms, key=norms.__getitem__)
    return Sentence(
        "The gradient with the largest norm, {largest_norm:.3g}, is that of `{largest}`; the one with the smallest,"
        " {smallest_norm:.3g}, is that of `{smallest}`.",
        largest=largest,
        largest_norm=norms[largest],
        smallest=smallest,
        smallest_norm=norms[smallest],
    )


def _update(tensors: tuple[TensorStep, ...], loss: float, loss_after: float) -> Sentence:
    return Sentence(
        "{comparison} On the same images the loss was {before:.5g}, and is {after:.5g} after the step.",
        comparison=_comparison(tensors),
        before=loss,
        after=loss_after,
    )


def _comparison(tensors: tuple[TensorStep, ...]) -> Sentence:
    total, different = sum(math.prod(t.shape) for t in tensors), sum(t.num_different for t in tensors)
    if not different:
        return Sentence("By hand and by the optimizer, all {total:,} weights are exactly the same.", total=total)
    return Sentence(
        "By hand and by the optimizer, {different:,} of {total:,} weights differ, by at most {difference:.1e} of"
        " the weight: the optimizer rounds differently, because it computes the same formula in another order.",
        different=different,
        total=total,
        difference=max(tensor.relative_difference for tensor in tensors),
    )
