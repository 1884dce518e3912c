"""A training as lines of text, for a terminal and for a run's log."""

from cnnlab.training.events import EpochEnd, Event, Finished, Started, Steps
from cnnlab.words import numbers
from cnnlab.words.text import printable

BAR_WIDTH = 24


class TrainingText:
    """A training as text: a progress bar, and lines that stay. Takes each event once, in order."""

    def __init__(self, epochs: int) -> None:
        self._epochs, self._total_steps = epochs, 0
        self._has_validation = False

    def lines(self, event: Event) -> list[str]:
        """The lines for an event; none for steps."""
        match event:
            case Started():
                self._total_steps = event.total_steps
                self._has_validation = event.num_validation > 0
                return [*map(printable, event.notes), self._start(event)]
            case EpochEnd():
                return [self._epoch(event)]
            case Finished():
                return [*map(printable, event.notes), self._end(event)]
            case Steps():
                return []

    def bar(self, event: Steps) -> str:
        """A progress bar with the loss, the speed and the remaining time."""
        done = event.last_step / self._total_steps
        bar = ("#" * round(done * BAR_WIDTH)).ljust(BAR_WIDTH, "-")
        left = numbers.duration(event.seconds * (1 / done - 1))
        speed = numbers.exact(round(event.examples_per_second))
        return f"[{bar}] {done:4.0%}  loss {event.losses[-1]:.4f}  {speed} examples/s  {left} left"

    def _start(self, event: Started) -> str:
        validation = f"{numbers.exact(event.num_validation)} validation, " if event.num_validation else ""
        images = f"{numbers.exact(event.num_train)} training, {validation}{numbers.exact(event.num_test)} test images"
        return f"{numbers.count(event.num_params)} parameters, {images}, on {event.device}"

    def _epoch(self, event: EpochEnd) -> str:
        validation = ""
        if event.validation_loss is not None:
            validation = f" validation loss {event.validation_loss:.4f}, accuracy {event.score:.3f};"
        return (
            f"epoch {event.epoch:>{len(str(self._epochs))}} of {self._epochs}:"
            f" train loss {event.train_loss:.4f}, accuracy {event.train_accuracy:.3f};{validation}"
            f" test loss {event.test_loss:.4f}, accuracy {event.test_accuracy:.3f}"
            f"{' (best)' if event.is_best else ''}; {numbers.duration(event.seconds)}"
        )

    def _end(self, event: Finished) -> str:
        speed = f"{numbers.exact(round(event.examples_per_second))} examples/s"
        how = f"{speed} on {event.device}, {numbers.duration(event.seconds)}"
        if event.test_accuracy is None:
            return f"Stopped before the end of the first epoch, without a test; {how}."
        start = "Stopped; test" if event.state == "stopped" else "Test"
        is_best = event.test_accuracy == event.best_test_accuracy
        chosen_by = "validation" if self._has_validation else "test"
        chosen = f"epoch {event.best_epoch}, chosen by {chosen_by} accuracy"
        best = "" if is_best else f" ({event.best_test_accuracy:.3f} in the best {chosen})"
        return f"{start} accuracy {event.test_accuracy:.3f}{best}, {how}."
