"""What a training tells while it goes on: plain values, without tensors."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

State = Literal["done", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    def to_dict(self) -> dict[str, Any]:
        """The values for JSON, with the name of the event under "event"."""
        return {"event": EVENT_NAMES[type(self)], **asdict(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(_Event):
    """The first event: what is about to be trained. `notes` say what was done to the images to make them fit.

    The numbers of images are those that are learnt from, tested on, and validated on, if any.
    """

    device: str
    num_params: int
    steps_per_epoch: int
    total_steps: int
    num_train: int
    num_test: int
    notes: tuple[str, ...]
    num_validation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps(_Event):
    """All steps since the last such event. Steps count from 1; each has a mean loss and a share of right answers.

    `learning_rate` is that of the last of them, `seconds` the time since the start, evaluations included. What follows
    is of one step among them, where it was measured: the length of the gradient as the optimiser had it, and the
    seconds that went into the images, forward, backward and the update.
    """

    first_step: int
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    learning_rate: float
    examples_per_second: float
    seconds: float
    gradient_norm: float | None = None
    data_seconds: float | None = None
    forward_seconds: float | None = None
    backward_seconds: float | None = None
    update_seconds: float | None = None

    @property
    def last_step(self) -> int:
        return self.first_step + len(self.losses) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochEnd(_Event):
    """The end of an epoch, counted from 1: means over its training batches, and what the whole test set says.

    The validation set's figures are None where no images were put aside for it. `is_best`: no earlier epoch had so many
    right answers on the validation set, or on the test set where there is no other.
    """

    epoch: int
    step: int
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    seconds: float
    is_best: bool
    validation_loss: float | None = None
    validation_accuracy: float | None = None

    @property
    def score(self) -> float:
        """What epochs are compared by: the accuracy on the validation set, or on the test set without one."""
        return self.test_accuracy if self.validation_accuracy is None else self.validation_accuracy


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished(_Event):
    """The last event. Accuracies are None where no epoch was finished; the speed leaves evaluations out.

    `notes` say what went otherwise than the recipe has it, such as an early stop.
    """

    state: State
    test_accuracy: float | None
    best_test_accuracy: float | None
    best_epoch: int | None
    examples_per_second: float
    device: str
    seconds: float
    notes: tuple[str, ...] = ()


Event = Started | Steps | EpochEnd | Finished

EVENT_NAMES: dict[type[_Event], str] = {
    Started: "started",
    Steps: "steps",
    EpochEnd: "epoch_end",
    Finished: "finished",
}


def event_from(values: Mapping[str, Any]) -> Event:
    """The event that `to_dict` wrote, also after a way through JSON."""
    kind = {name: kind for kind, name in EVENT_NAMES.items()}[values["event"]]
    given = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items() if name != "event"}
    assert set(given) == {field.name for field in fields(kind)}
    event = kind(**given)
    assert isinstance(event, Event)
    return event
