"""What one step of training consists of."""

from dataclasses import dataclass, field

from torch import Tensor, nn

from cnnlab.insight.one_step.graph import BackwardGraph
from cnnlab.words.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """One of the seven states: its number from 1, its name, two lines of Python, and what they did here."""

    number: int
    name: str
    code: tuple[str, str]
    sentence: Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightExample:
    """The weight with the largest gradient of its tensor, before its step, and after it by hand and by the optimizer.

    `index` is its place in the tensor. `state` is what the optimizer kept for it before the step, by torch's names:
    nothing before its first step.
    """

    index: tuple[int, ...]
    before: float
    gradient: float
    state: dict[str, float]
    by_hand: float
    by_optimizer: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorStep:
    """One parameter tensor in the step.

    The norms are Euclidean, of the whole tensor; those of a gradient are None where there is none. `num_different`
    weights are not exactly the same by hand and by the optimizer, and `relative_difference` is the largest difference,
    as a share of the weight as for `TOLERANCE`. `example` is None without a gradient.
    """

    name: str
    shape: tuple[int, ...]
    gradient_norm_before: float | None
    gradient_norm: float | None
    weight_norm: float
    update_norm: float
    num_different: int
    relative_difference: float
    example: WeightExample | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OneStep:
    """A step in its seven states.

    `logits` (N, classes) are those of the main head, and `loss` is what the step minimises; `loss_after` is the same
    for the same images, with the same dropout, after the step. `by_hand` are the lines of the update for each weight
    tensor `p` with its gradient `g`, and `options` the settings that they name, such as `lr`. `network` and
    `optimizer_state` are those after the step, from which the next one can go on.
    """

    states: tuple[StepState, ...]
    logits: Tensor = field(repr=False)
    loss: float
    loss_after: float
    graph: BackwardGraph = field(repr=False)
    tensors: tuple[TensorStep, ...] = field(repr=False)
    by_hand: tuple[str, ...]
    options: dict[str, float]
    is_equal: bool
    """Whether by hand and by the optimizer no weight differs by more than `TOLERANCE`."""
    network: nn.Module = field(repr=False)
    optimizer_state: dict[str, Tensor] = field(repr=False)
