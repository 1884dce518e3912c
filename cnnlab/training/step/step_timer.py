"""Where the time of a step goes, and how long its gradient is: measured in one step at a time, the others go free."""

from time import perf_counter

import torch
from torch import nn

PARTS = ("data_seconds", "forward_seconds", "backward_seconds", "update_seconds")

Mark = float | torch.cuda.Event


class Gauge:
    """Measures a step from `begin` to `end` with a `mark` after each of its `PARTS`; then waits until that is taken.

    On a GPU nothing here waits for the device: what was measured is there once the device has come so far.
    """

    def __init__(self, device: torch.device) -> None:
        self._is_cuda = device.type == "cuda"
        self._marks: list[Mark] = []
        self._norm = torch.zeros((), pin_memory=self._is_cuda)
        self._is_measuring, self._has_measured = False, False

    def begin(self) -> None:
        """Measure the step that begins now, unless what was measured before is still to be taken."""
        self._is_measuring = not self._has_measured
        self._marks = [self._now()] if self._is_measuring else self._marks

    def mark(self) -> None:
        """One part has ended here."""
        if self._is_measuring:
            self._marks.append(self._now())

    def end(self, network: nn.Module) -> None:
        """The step has ended; the gradients are those that the optimiser has used."""
        if not self._is_measuring:
            return
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        self._norm.copy_(torch.nn.utils.get_total_norm(gradients), non_blocking=True)
        self.mark()
        self._is_measuring, self._has_measured = False, True

    def take(self) -> dict[str, float]:
        """What was measured, by the names that a `Steps` event has for it; empty if there is nothing yet."""
        last = self._marks[-1] if self._has_measured else None
        if last is None or (isinstance(last, torch.cuda.Event) and not last.query()):  # type: ignore[no-untyped-call]
            return {}
        self._has_measured = False
        between = zip(self._marks, self._marks[1:], strict=False)
        seconds = dict(zip(PARTS, (_seconds(first, second) for first, second in between), strict=False))
        return {"gradient_norm": self._norm.item(), **seconds}

    def _now(self) -> Mark:
        if not self._is_cuda:
            return perf_counter()
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record()
        return event


def _seconds(first: Mark, second: Mark) -> float:
    if isinstance(first, torch.cuda.Event) and isinstance(second, torch.cuda.Event):
        return float(first.elapsed_time(second)) / 1000
    assert isinstance(first, float)
    assert isinstance(second, float)
    return second - first
