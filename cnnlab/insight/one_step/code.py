"""The two lines of Python that each state of a step stands for."""

import inspect
from typing import Any

import torch

from cnnlab.training.recipe import Recipe

FASTER_ONLY = ("fused", "foreach", "capturable", "differentiable")
"""Options of torch's optimizers that change how they compute a step, and not which."""


def step_code(recipe: Recipe, optimizer: torch.optim.Optimizer, auxiliary_weight: float) -> tuple[tuple[str, str], ...]:
    """The lines of all states in order, for a `network`, its `images` and their `labels`, with `nn` and `F` imported.

    `auxiliary_weight` is what the loss of each auxiliary head counts, and 0 for a network without any.
    """
    heads, loss = "logits", _cross_entropy("logits", recipe)
    if auxiliary_weight:
        heads = "logits, *auxiliary"
        loss += f" + sum({auxiliary_weight} * {_cross_entropy('other', recipe)} for other in auxiliary)"
    gradients = "gradients = [p.grad for p in network.parameters()]"
    norms = "norms = [None if g is None else g.norm() for g in gradients]"
    clip = f"nn.utils.clip_grad_norm_(network.parameters(), {recipe.clip_norm})"
    return (
        (_optimizer_code(optimizer), "optimizer.zero_grad()"),
        ("network.train()", f"{heads} = network(images)"),
        (f"loss = {loss}", "print(loss.item())"),
        ("node = loss.grad_fn", "print(node, node.next_functions)"),
        ("before = [p.grad for p in network.parameters()]", "loss.backward()"),
        (clip, gradients) if recipe.clip_norm else (gradients, norms),
        ("weights = [p.detach().clone() for p in network.parameters()]", "optimizer.step()"),
    )


def _cross_entropy(logits: str, recipe: Recipe) -> str:
    smoothing = f", label_smoothing={recipe.label_smoothing}" if recipe.label_smoothing else ""
    return f"F.cross_entropy({logits}, labels{smoothing})"


def _optimizer_code(optimizer: torch.optim.Optimizer) -> str:
    usual = inspect.signature(type(optimizer)).parameters
    options: dict[str, Any] = {
        name: value
        for name, value in optimizer.defaults.items()
        if name in usual and value != usual[name].default and name not in FASTER_ONLY
    }
    written = "".join(f", {name}={value}" for name, value in ({"lr": optimizer.defaults["lr"]} | options).items())
    return f"optimizer = torch.optim.{type(optimizer).__name__}(network.parameters(){written})"
