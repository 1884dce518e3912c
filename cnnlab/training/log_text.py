"""A training as lines of text, for a terminal and for a run's log."""

from cnnlab.training.events import EpochEnd, Event, Finished, Started, Steps
from cnnlab.words import numbers
from cnnlab.words.text import printable

BAR_WIDTH = 24


class TrainingText:
    """A training as text: a bar that moves, and lines that stay. Each event is to be shown once, in turn."""

    def __init__(self, epochs: int) -> None:
        self._epochs, self._total_steps = epochs, 0

    def lines(self, event: Event) -> list[str]:
        """What there is to say of an event; nothing of steps."""
        match event:
            case Started():
                self._total_steps = event.total_steps
                return [*map(printable, event.notes), self._start(event)]
            case EpochEnd():
                return [self._epoch(event)]
            case Finished():
                return [*map(printable, event.notes), self._end(event)]
            case Steps():
                return []

    def bar(self, event: Steps) -> str:
        """How far it is."""
        done = event.last_step / self._total_steps
        bar = ("#" * round(done * BAR_WIDTH)).ljust(BAR_WIDTH, "-")
        left = numbers.duration(event.seconds * (1 / done - 1))
        speed = numbers.exact(round(event.examples_per_second))
        return f"[{bar}] {done:4.0%}  loss {event.losses[-1]:.4f}  {speed} examples/s  {left} left"

    def _start(self, event: Started) -> str:
        validating = f"{numbers.exact(event.num_validation)} to validate on, " if event.num_validation else ""
        learning, testing = numbers.exact(event.num_train), numbers.exact(event.num_test)
        images = f"{learning} images to learn from, {validating}{testing} to test on"
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
            return f"Stopped before the first epoch ended, so nothing was tested; {how}."
        start = "Stopped; test" if event.state == "stopped" else "Test"
        is_best = event.test_accuracy == event.best_test_accuracy
        best = "" if is_best else f" (best {event.best_test_accuracy:.3f}, in epoch {event.best_epoch})"
        return f"{start} accuracy {event.test_accuracy:.3f}{best}, {how}."
