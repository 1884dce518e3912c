"""What the store says about a run."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from cnnlab.training.events import EpochEnd
from cnnlab.training.recipe import Recipe

if TYPE_CHECKING:
    from cnnlab.architectures import NetworkSpec

RunState = Literal["queued", "running", "paused", "done", "stopped", "failed", "interrupted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training, as it stands. `sentence` says why it failed or was interrupted.

    `epoch` is the number of epochs that are finished, `total_steps` 0 until the run has started, `examples_per_second`
    the speed of late, or on the whole once it has ended.
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

    @property
    def active(self) -> bool:
        """Whether more is to come without anybody doing anything."""
        return self.state in ("queued", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Loss and accuracy of a run: of training steps, averaged where they are many, and of the epochs that ended."""

    train_steps: tuple[float, ...]
    train_loss: tuple[float, ...]
    train_accuracy: tuple[float, ...]
    epoch_ends: tuple[EpochEnd, ...]


class UnknownRun(ValueError):
    """There is no run of that name in the store."""


class StoreUnavailable(ValueError):
    """The store cannot be opened, read or written; the sentence says why and what to do."""
