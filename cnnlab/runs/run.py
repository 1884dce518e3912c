"""What the store says about a run."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from cnnlab.training.events import EpochEnd
from cnnlab.training.recipe import Recipe

if TYPE_CHECKING:
    from cnnlab.architectures import NetworkSpec

RunState = Literal["queued", "running", "paused", "done", "stopped", "failed", "interrupted"]
Wish = Literal["", "stop", "pause"]

MAX_POINTS = 400
"""Training steps in a curve, where nobody asks for more: a screen does not show more apart."""

RESUMABLE: tuple[RunState, ...] = ("paused", "stopped", "interrupted", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training, as it stands. `sentence` says why it failed, was interrupted, or was stopped by a rule.

    `epoch` is the number of epochs that are finished, `total_steps` 0 until the run has started, `examples_per_second`
    the speed of late, or on the whole once it has ended, `seconds` the time that it has computed. `wish` is what it is
    asked for and has not done yet. A fork has a `parent`, and begins where that one was after `parent_epoch`.
    """

    id: str
    name: str
    owner: str
    family: str
    spec: "NetworkSpec"
    recipe: Recipe
    state: RunState
    sentence: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    device: str
    notes: tuple[str, ...]
    step: int
    total_steps: int
    epoch: int
    examples_per_second: float
    seconds_left: float | None
    test_accuracy: float | None
    best_test_accuracy: float | None
    best_epoch: int | None
    seconds: float
    wish: Wish
    priority: int
    parent: str | None
    parent_epoch: int | None
    note: str
    tags: tuple[str, ...]
    deleted_at: datetime | None

    @property
    def active(self) -> bool:
        """Whether more is to come without anybody doing anything."""
        return self.state in ("queued", "running")

    @property
    def resumable(self) -> bool:
        """Whether it can go on from where it is."""
        return self.state in RESUMABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Loss and accuracy of a run: of training steps, averaged where they are many, and of the epochs that ended.

    `train_seconds` is how long it had computed at each step. A fork's first step is the one after its parent's epoch.
    """

    train_steps: tuple[float, ...]
    train_seconds: tuple[float, ...]
    train_loss: tuple[float, ...]
    train_accuracy: tuple[float, ...]
    epoch_ends: tuple[EpochEnd, ...]


class UnknownRun(ValueError):
    """There is no run of that name in the store, or it is one that this version cannot read."""


class StoreUnavailable(ValueError):
    """The store cannot be opened, read or written; the sentence says why and what to do."""


class NotPossible(ValueError):
    """What was asked for cannot be done with the run as it stands, or may not; the sentence says why."""
