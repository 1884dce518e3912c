"""Training a network on a data set. Importing the recipe and the events is fast; the loop imports torch."""

from typing import TYPE_CHECKING, Any

from cnnlab.training.events import EpochEnd, Event, Finished, Started, Steps, event_from
from cnnlab.training.failure import TrainingFailed
from cnnlab.training.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cnnlab.architectures import NetworkSpec
    from cnnlab.training.devices import devices
    from cnnlab.training.loop import Training

__all__ = [
    "EpochEnd",
    "Event",
    "Finished",
    "Recipe",
    "Started",
    "Steps",
    "Training",
    "TrainingFailed",
    "devices",
    "event_from",
    "train",
]


def train(spec: "NetworkSpec", recipe: Recipe, stop: "Callable[[], bool] | None" = None) -> "Iterator[Event]":
    """Train a network in this process, and yield events meanwhile.

    `stop` is called every tenth of a second, and ends the training when it returns True; closing the iterator ends it,
    too. Raises `Refused` if the network cannot be built or does not fit the data, or the device is missing;
    `TrainingFailed` if the training cannot continue.

    >>> from cnnlab.architectures import preset
    >>> events = list(train(preset("lenet5_tutorial"), Recipe(dataset="digits", epochs=1, batch_size=256)))
    >>> events[-1].state
    'done'
    """
    from cnnlab.training.loop import Training, never

    return Training(spec, recipe, stop or never).events()


def __getattr__(name: str) -> Any:
    if name == "devices":
        from cnnlab.training.devices import devices

        return devices
    if name == "Training":
        from cnnlab.training.loop import Training

        return Training
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
