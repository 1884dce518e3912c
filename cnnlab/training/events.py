"""The events of a training: plain values, without tensors."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from cnnlab.training.step_metrics import MEASURED_IN_STEP
from cnnlab.words.sentence import Sentence

State = Literal["done", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    def to_dict(self) -> dict[str, Any]:
        """The values for JSON, with the name of the event under "event"."""
        return {"event": EVENT_NAMES[type(self)], **asdict(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(_Event):
    """The first event: what is about to be trained. `notes` say how the images were adapted to the network.

    The numbers of images are those of the training, test and validation sets; the last may be empty.
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
class TensorNorms:
    """The Euclidean norms of all parameter tensors after a step, and of their gradients as the optimizer has used them:
    after clipping, before weight decay. Both are in the order of `network.parameters()`; a tensor that the loss does
    not depend on has a gradient of 0."""

    step: int
    gradients: tuple[float, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps(_Event):
    """All steps since the last such event. Steps count from 1; each has a mean loss and an accuracy.

    `learning_rate` is that of the last of them, `seconds` the time since the start, evaluations included. `metrics` are
    what was measured in one of the steps, by names of `MEASURED_IN_STEP`, and `norms` those of one step now and then;
    it may be one of an earlier or a later event, because a GPU reports late.
    """

    first_step: int
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    learning_rate: float
    examples_per_second: float
    seconds: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    norms: TensorNorms | None = None

    def to_dict(self) -> dict[str, Any]:
        """The values for JSON; a metric is None where it was not measured."""
        values = _Event.to_dict(self)
        metrics = values.pop("metrics")
        return values | {name: metrics.get(name) for name in MEASURED_IN_STEP}

    @property
    def last_step(self) -> int:
        return self.first_step + len(self.losses) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochEnd(_Event):
    """The end of an epoch, counted from 1: means over its training batches, and figures on the whole test set.

    Those of the validation set are None if there is none. `is_best`: no earlier epoch had such a high accuracy on the
    validation set, or on the test set without one.
    """

    epoch: int
    step: int
    train_loss: float
    train_accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    test_loss: float
    test_accuracy: float
    seconds: float
    is_best: bool

    @property
    def score(self) -> float:
        """The accuracy by which epochs are compared: on the validation set, or on the test set without one."""
        return self.test_accuracy if self.validation_accuracy is None else self.validation_accuracy

    @property
    def chosen_by(self) -> Sentence:
        """Which accuracy that is, in words."""
        if self.validation_accuracy is None:
            return Sentence("by the accuracy on the test images, because no validation images are held out")
        return Sentence("by the accuracy on the validation images")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished(_Event):
    """The last event. Accuracies are None if no epoch was finished; the speed leaves evaluations out.

    `notes` say what differed from the recipe, such as an early stop.
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

EVENT_NAMES: dict[type[_Event], str] = {Started: "started", Steps: "steps", EpochEnd: "epoch_end", Finished: "finished"}


def event_from(values: Mapping[str, Any]) -> Event:
    """The event that `to_dict` wrote, whether or not it was JSON in between."""
    kind = {name: kind for kind, name in EVENT_NAMES.items()}[values["event"]]
    given: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else v for name, v in values.items() if name != "event"
    }
    if kind is Steps:
        measured = {name: given.pop(name) for name in MEASURED_IN_STEP}
        given["metrics"] = {name: value for name, value in measured.items() if value is not None}
        norms = given["norms"]
        given["norms"] = norms and TensorNorms(
            step=norms["step"], gradients=tuple(norms["gradients"]), weights=tuple(norms["weights"])
        )
    assert set(given) == {field.name for field in fields(kind)}
    event = kind(**given)
    assert isinstance(event, Event)
    return event
