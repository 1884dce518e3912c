"""One step of training, taken apart."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from cnnlab.insight.one_step.batch import (
    auxiliary_weight,
    checked_batch,
    losses,
    memory_explained,
    random_state,
    training_copy,
)
from cnnlab.insight.one_step.by_hand import TOLERANCE, State, code_by_hand, options_by_hand, update_by_hand
from cnnlab.insight.one_step.code import step_code
from cnnlab.insight.one_step.earlier_state import check_earlier_state
from cnnlab.insight.one_step.graph import backward_graph
from cnnlab.insight.one_step.result import OneStep, TensorStep, WeightExample
from cnnlab.insight.one_step.states import states
from cnnlab.training.recipe import Recipe
from cnnlab.training.step import optimizers


def one_step(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    recipe: Recipe,
    optimizer_state: Mapping[str, Tensor] | None = None,
) -> OneStep:
    """One step of the recipe's optimizer on a batch, in seven states, with the update by hand beside it.

    `images` (N, C, H, W) are normalised as for training, `labels` (N,) are classes. Of the recipe count the optimizer,
    learning rate, momentum, weight decay, label smoothing, clipping and the seed of dropout; the step is in float32.
    `optimizer_state` is that of an earlier step or of a checkpoint. The network stays as it is, and so does torch's
    random state. Raises `Refused` if the images, labels, network or state do not fit each other, and `TrainingFailed`
    if the memory does not suffice.

    >>> import torch, cnnlab
    >>> network = cnnlab.build(cnnlab.preset("lenet5_tutorial"))
    >>> images, labels = torch.rand(8, 1, 32, 32), torch.arange(8)
    >>> recipe = cnnlab.Recipe(optimizer="sgd", learning_rate=0.1)
    >>> step = cnnlab.one_step(network, images, labels, recipe)
    >>> [state.name for state in step.states]
    ['zero_grad', 'forward', 'loss', 'grad_fn', 'backward', 'gradients', 'update']
    >>> step.states[4].code[1], step.by_hand[-1], step.is_equal
    ('loss.backward()', 'p.add_(g, alpha=-lr)', True)
    >>> second = cnnlab.one_step(step.network, images, labels, recipe, step.optimizer_state)
    >>> second.loss < step.loss
    True

    Source: https://docs.pytorch.org/docs/stable/optim.html
    """
    with memory_explained(images):
        return _one_step(network, images, labels, recipe, optimizer_state or {})


def _one_step(
    network: nn.Module, images: Tensor, labels: Tensor, recipe: Recipe, optimizer_state: Mapping[str, Tensor]
) -> OneStep:
    trained = training_copy(network)
    images, labels = checked_batch(trained, images, labels)
    optimizer = optimizers.make_optimizer(recipe, trained)
    if optimizer_state:
        check_earlier_state(recipe.optimizer, trained, optimizer_state)
        optimizers.load_optimizer_state(optimizer, optimizer_state)

    optimizer.zero_grad()
    with random_state(trained, recipe):
        found = losses(trained, images, labels, recipe)
    graph = backward_graph(found.total, trained)
    parameters = dict(trained.named_parameters())
    norms_before = {name: _norm(parameter.grad) for name, parameter in parameters.items()}
    found.total.backward()  # type: ignore[no-untyped-call]
    if recipe.clip_norm:
        nn.utils.clip_grad_norm_(trained.parameters(), recipe.clip_norm)

    before = {name: parameter.detach().clone() for name, parameter in parameters.items()}
    by_hand = {name: _updated_by_hand(recipe, optimizer, parameter) for name, parameter in parameters.items()}
    kept = {name: _kept(optimizer, parameter) for name, parameter in parameters.items()}
    optimizer.step()
    tensors = tuple(
        _tensor_step(name, parameter, norms_before[name], before[name], by_hand[name], kept[name])
        for name, parameter in parameters.items()
    )

    heads_weight = 0.0 if found.total is found.main else auxiliary_weight(trained)
    loss, loss_after = found.total.item(), _loss_after(trained, images, labels, recipe)
    return OneStep(
        states=states(
            code=step_code(recipe, optimizer, heads_weight),
            logits=found.logits.detach(),
            loss=loss,
            loss_after=loss_after,
            graph=graph,
            tensors=tensors,
        ),
        logits=found.logits.detach(),
        loss=loss,
        loss_after=loss_after,
        graph=graph,
        tensors=tensors,
        by_hand=code_by_hand(recipe.optimizer),
        options=options_by_hand(recipe.optimizer, optimizer.param_groups[0]),
        is_equal=all(tensor.relative_difference <= TOLERANCE for tensor in tensors),
        network=trained,
        optimizer_state=optimizers.optimizer_state(optimizer),
    )


def _norm(tensor: Tensor | None) -> float | None:
    return None if tensor is None else float(tensor.detach().norm())


def _updated_by_hand(recipe: Recipe, optimizer: torch.optim.Optimizer, parameter: Tensor) -> Tensor:
    """The parameter after its step, computed without the optimizer; as it is if it has no gradient."""
    updated = parameter.detach().clone()
    state: State = {
        name: value.clone() for name, value in optimizer.state.get(parameter, {}).items() if isinstance(value, Tensor)
    }
    if parameter.grad is not None:
        update_by_hand(recipe.optimizer, updated, parameter.grad, state, optimizer.param_groups[0])
    return updated


def _example_index(gradient: Tensor) -> tuple[int, ...]:
    return tuple(map(int, torch.unravel_index(gradient.abs().argmax(), gradient.shape)))


def _kept(optimizer: torch.optim.Optimizer, parameter: Tensor) -> dict[str, float]:
    """What the optimizer keeps for the weight of the example."""
    if parameter.grad is None:
        return {}
    index = _example_index(parameter.grad)
    state = {name: value for name, value in optimizer.state.get(parameter, {}).items() if isinstance(value, Tensor)}
    return {name: (value[index] if value.ndim else value).item() for name, value in state.items()}


def _tensor_step(
    name: str,
    parameter: Tensor,
    norm_before: float | None,
    before: Tensor,
    by_hand: Tensor,
    kept: dict[str, float],
) -> TensorStep:
    after, gradient = parameter.detach(), parameter.grad
    num_different, relative_difference = _difference(before, by_hand, after)
    example = None
    if gradient is not None:
        index = _example_index(gradient)
        example = WeightExample(
            index=index,
            before=before[index].item(),
            gradient=gradient[index].item(),
            state=kept,
            by_hand=by_hand[index].item(),
            by_optimizer=after[index].item(),
        )
    return TensorStep(
        name=name,
        shape=tuple(after.shape),
        gradient_norm_before=norm_before,
        gradient_norm=_norm(gradient),
        weight_norm=float(before.norm()),
        update_norm=float((after - before).norm()),
        num_different=num_different,
        relative_difference=relative_difference,
        example=example,
    )


def _difference(before: Tensor, by_hand: Tensor, after: Tensor) -> tuple[int, float]:
    """How many weights differ by hand and by the optimizer, and the largest difference as for `TOLERANCE`."""
    different = (by_hand != after) & ~(by_hand.isnan() & after.isnan())
    if not different.any():
        return 0, 0.0
    shares = (by_hand - after).abs() / torch.maximum(before.abs(), after.abs())
    largest = shares[different].max().item()
    return int(different.sum()), math.inf if math.isnan(largest) else largest


@torch.no_grad()
def _loss_after(network: nn.Module, images: Tensor, labels: Tensor, recipe: Recipe) -> float:
    """The loss after the step, of a copy: in train mode a forward pass changes the statistics of batch norm."""
    with random_state(network, recipe):
        return losses(training_copy(network), images, labels, recipe).total.item()
