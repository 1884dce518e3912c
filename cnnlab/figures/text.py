"""Numbers as plain text: aligned tables, and how a training goes, line by line."""

import unicodedata
from collections.abc import Iterable, Sequence

from cnnlab.figures import words
from cnnlab.training.events import EpochEnd, Event, Finished, Started, Steps

BAR_WIDTH = 24

_COMMANDS = ("Cc", "Cf", "Cs")
"""The categories of signs that are none: control, format, surrogate."""


def printable(text: str) -> str:
    """The text without signs that a terminal would obey, or that turn the direction of writing; lines stay lines.

    >>> printable("red \x1b[31m")
    'red �[31m'
    """
    return "".join("�" if unicodedata.category(sign) in _COMMANDS and sign != "\n" else sign for sign in text)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Aligned text: the first `left` columns to the left, the numbers after them to the right."""
    lines = [[printable(cell) for cell in line] for line in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


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
        left = words.duration(event.seconds * (1 / done - 1))
        speed = words.exact(round(event.examples_per_second))
        return f"[{bar}] {done:4.0%}  loss {event.losses[-1]:.4f}  {speed} examples/s  {left} left"

    def _start(self, event: Started) -> str:
        validating = f"{words.exact(event.num_validation)} to validate on, " if event.num_validation else ""
        images = (
            f"{words.exact(event.num_train)} images to learn from, {validating}{words.exact(event.num_test)} to test on"
        )
        return f"{words.count(event.num_params)} parameters, {images}, on {event.device}"

    def _epoch(self, event: EpochEnd) -> str:
        validation = ""
        if event.validation_loss is not None:
            validation = f" validation loss {event.validation_loss:.4f}, accuracy {event.score:.3f};"
        return (
            f"epoch {event.epoch:>{len(str(self._epochs))}} of {self._epochs}:"
            f" train loss {event.train_loss:.4f}, accuracy {event.train_accuracy:.3f};{validation}"
            f" test loss {event.test_loss:.4f}, accuracy {event.test_accuracy:.3f}"
            f"{' (best)' if event.is_best else ''}; {words.duration(event.seconds)}"
        )

    def _end(self, event: Finished) -> str:
        speed = f"{words.exact(round(event.examples_per_second))} examples/s"
        how = f"{speed} on {event.device}, {words.duration(event.seconds)}"
        if event.test_accuracy is None:
            return f"Stopped before the first epoch ended, so nothing was tested; {how}."
        start = "Stopped; test" if event.state == "stopped" else "Test"
        is_best = event.test_accuracy == event.best_test_accuracy
        best = "" if is_best else f" (best {event.best_test_accuracy:.3f}, in epoch {event.best_epoch})"
        return f"{start} accuracy {event.test_accuracy:.3f}{best}, {how}."
