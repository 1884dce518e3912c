"""A run and its curve, and the errors of the store."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from cnnlab.training.events import EpochEnd
from cnnlab.training.recipe import Recipe
from cnnlab.words.errors import SentenceError
from cnnlab.words.sentence import Sentence

if TYPE_CHECKING:
    from cnnlab.architectures import NetworkSpec
    from cnnlab.runs.store.curve import StepValues

RunState = Literal["queued", "running", "paused", "done", "stopped", "failed", "interrupted"]
Request = Literal["", "stop", "pause"]

MAX_POINTS = 400
"""Default number of training steps in a curve: a screen shows no more than that."""

MAX_NAME_LENGTH, MAX_NOTE_LENGTH, MAX_TAG_LENGTH = 80, 4000, 30
MAX_TAGS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The current state of one training. `sentence` says why it failed, was interrupted, or was stopped by a limit.

    `epoch` is the number of finished epochs, `total_steps` is 0 until the run has started, `examples_per_second` is the
    current speed, or the mean speed once the run has ended, and `seconds` is its computing time. `request` is what was
    requested of the running process and has not happened yet. A fork has a `parent`, and starts where that run was
    after `parent_epoch`. Runs that were submitted together, with different seeds, have the same `group`.
    """

    id: str
    name: str
    owner: str
    family: str
    spec: "NetworkSpec"
    recipe: Recipe
    state: RunState
    sentence: Sentence
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    device: str
    notes: tuple[Sentence, ...]
    step: int
    total_steps: int
    epoch: int
    examples_per_second: float
    seconds_left: float | None
    test_accuracy: float | None
    best_test_accuracy: float | None
    best_epoch: int | None
    seconds: float
    request: Request
    priority: int
    parent: str | None
    parent_epoch: int | None
    note: str
    tags: tuple[str, ...]
    deleted_at: datetime | None
    group: str | None

    @property
    def active(self) -> bool:
        """Whether the run is queued or running."""
        return self.state in ("queued", "running")

    @property
    def resumable(self) -> bool:
        """Whether the run can continue from where it is."""
        return self.state in ("paused", "stopped", "interrupted", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Loss and accuracy of a run: of its training steps, averaged where there are many, and of its finished epochs.

    `train_seconds` is the computing time up to each step. A fork's first step is the one after its parent's epoch.
    `values` are those of single steps, which a chart shows and smooths.
    """

    train_steps: tuple[float, ...]
    train_seconds: tuple[float, ...]
    train_loss: tuple[float, ...]
    train_accuracy: tuple[float, ...]
    epoch_ends: tuple[EpochEnd, ...]
    values: "StepValues | None" = field(default=None, compare=False, repr=False)


def name_with_seed(name: str, seed: int) -> str:
    """The name of one run in a group of seeds.

    >>> name_with_seed("lenet5", 3)
    'lenet5, seed 3'
    """
    return _fitting(name, f", seed {seed}")


def name_of_fork(name: str, epoch: int) -> str:
    """The name of a run that continues from the end of that epoch of a run.

    >>> name_of_fork("lenet5", 3)
    'lenet5, from epoch 3'
    """
    return _fitting(name, f", from epoch {epoch}")


def fitting_name(name: str) -> str:
    """The name on one line, shortened where it is longer than a name may be.

    >>> len(fitting_name(100 * "a")), fitting_name(100 * "a")[-2:]
    (80, 'a…')
    """
    return _fitting(" ".join(name.split()), "")


def _fitting(name: str, suffix: str) -> str:
    """The name before the suffix, which stays whole."""
    room = MAX_NAME_LENGTH - len(suffix)
    return f"{name if len(name) <= room else f'{name[: room - 1].rstrip()}…'}{suffix}"


class UnknownRun(SentenceError):
    """The store has no run of that id, or one that this version cannot read."""


class StoreUnavailable(SentenceError):
    """The store cannot be opened, read or written; the sentence says why and what to do."""


class WrongSettings(StoreUnavailable):
    """The settings file cannot be used; the sentence says why, without its secrets. Visitors hear `for_visitors`."""

    def for_visitors(self) -> "WrongSettings":
        """The same, without what is in the file; whoever runs the server finds it in the log."""
        _log(self.sentence)
        sentence = Sentence(
            "The settings of this server cannot be used: ask the person who runs it to read the log of the server."
        )
        return WrongSettings(sentence)


@lru_cache(maxsize=1)  # pages ask every second
def _log(sentence: Sentence) -> None:
    logging.getLogger(__name__).error("%s", sentence)


class DamagedCurve(StoreUnavailable):
    """What the store has of the steps or epochs of a run cannot be what was recorded."""


class NotPossible(SentenceError):
    """The run does not allow the change in its present state, or the requester may not make it."""


def why_not_active(run_id: str, state: RunState, request: Request) -> Sentence:
    """Why a run that is neither queued nor running can be neither stopped nor paused, and what can be done with it."""
    templates: dict[str, str] = {
        "done": "Run {run_id} is done, so there is nothing to {request}: fork it to train it further.",
        "paused": "Run {run_id} is paused, so there is nothing to {request}: it trains no more unless it is resumed.",
    }
    ended = (
        "Run {run_id} has ended already (it is {state}), so there is nothing to {request}: resume it to train it on."
    )
    return Sentence(templates.get(state, ended), run_id=run_id, state=state, request=request)
