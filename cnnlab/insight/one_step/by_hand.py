"""The updates of torch's optimizers, written out: each function changes one weight tensor `p` by its gradient `g`.

The names are torch's: `state` is what the optimizer keeps for this tensor (`optimizer.state[p]`), and the keywords are
those of `optimizer.param_groups`. The formulas are those of https://docs.pytorch.org/docs/stable/optim.html.
"""

import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from cnnlab.optimizer_kinds import OptimizerKind

TOLERANCE = 2e-6
"""The largest difference between a weight updated by hand and by the optimizer, as a share of the weight before or
after the step, whichever is larger.

SGD and RMSprop hardly ever differ; up to 9e-7 was seen of Adam, whose fused step multiplies and divides in another
order. The machine epsilon of float32 is 1.2e-7.
"""

State = dict[str, Tensor]


def _sgd(p: Tensor, g: Tensor, state: State, *, lr: float, weight_decay: float, **_: Any) -> None:  # noqa: ARG001
    g = g.add(p, alpha=weight_decay)
    p.add_(g, alpha=-lr)


def _momentum(p: Tensor, g: Tensor, state: State, *, lr: float, momentum: float, weight_decay: float, **_: Any) -> None:
    g = g.add(p, alpha=weight_decay)
    v = state.setdefault("momentum_buffer", torch.zeros_like(p))
    v.mul_(momentum).add_(g)
    p.add_(v, alpha=-lr)


def _nesterov(p: Tensor, g: Tensor, state: State, *, lr: float, momentum: float, weight_decay: float, **_: Any) -> None:
    g = g.add(p, alpha=weight_decay)
    v = state.setdefault("momentum_buffer", torch.zeros_like(p))
    v.mul_(momentum).add_(g)
    p.add_(g.add(v, alpha=momentum), alpha=-lr)


def _adam(
    p: Tensor,
    g: Tensor,
    state: State,
    *,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    **_: Any,
) -> None:
    g = g.add(p, alpha=weight_decay)
    _adam_step(p, g, state, lr, *betas, eps)


def _adamw(
    p: Tensor,
    g: Tensor,
    state: State,
    *,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    **_: Any,
) -> None:
    p.mul_(1 - lr * weight_decay)
    _adam_step(p, g, state, lr, *betas, eps)


def _adam_step(p: Tensor, g: Tensor, state: State, lr: float, beta1: float, beta2: float, eps: float) -> None:
    t = state.setdefault("step", torch.zeros(())).add_(1).item()
    m = state.setdefault("exp_avg", torch.zeros_like(p))
    v = state.setdefault("exp_avg_sq", torch.zeros_like(p))
    m.lerp_(g, 1 - beta1)
    v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    p.sub_(lr * m_hat / (v_hat.sqrt() + eps))


def _rmsprop(
    p: Tensor, g: Tensor, state: State, *, lr: float, alpha: float, eps: float, weight_decay: float, **_: Any
) -> None:
    g = g.add(p, alpha=weight_decay)
    v = state.setdefault("square_avg", torch.zeros_like(p))
    v.mul_(alpha).addcmul_(g, g, value=1 - alpha)
    p.addcdiv_(g, v.sqrt().add_(eps), value=-lr)


UPDATES: dict[OptimizerKind, Callable[..., None]] = {
    "sgd": _sgd,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adam": _adam,
    "adamw": _adamw,
    "rmsprop": _rmsprop,
}


@torch.no_grad()
def update_by_hand(kind: OptimizerKind, p: Tensor, g: Tensor, state: State, options: dict[str, Any]) -> None:
    """Change the weights `p` and the `state` as one step of torch's optimizer with these options of a group does."""
    UPDATES[kind](p, g, state, **{name: value for name, value in options.items() if name != "params"})


def code_by_hand(kind: OptimizerKind) -> tuple[str, ...]:
    """The lines that `update_by_hand` runs.

    >>> print(*code_by_hand("sgd"), sep="\\n")
    g = g.add(p, alpha=weight_decay)
    p.add_(g, alpha=-lr)
    """
    lines = _body(UPDATES[kind])
    if kind in ("adam", "adamw"):
        return (*lines[:-1], *_body(_adam_step))
    return lines


def options_by_hand(kind: OptimizerKind, options: dict[str, Any]) -> dict[str, float]:
    """What the names in `code_by_hand` stand for that are settings, from the options of a group of the optimizer."""
    accepted = inspect.signature(UPDATES[kind]).parameters
    found = {name: value for name, value in options.items() if name in accepted}
    return found | dict(zip(("beta1", "beta2"), found.pop("betas", ()), strict=False))


def _body(function: Callable[..., None]) -> tuple[str, ...]:
    source = inspect.getsource(function)
    # The body follows the only line that ends the signature.
    return tuple(textwrap.dedent(source[source.index("-> None:") :].partition("\n")[2]).splitlines())
