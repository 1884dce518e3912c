"""The times of the parts of a step, and what else is measured of it: of one step at a time, the others run freely."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter

import torch
from torch import Tensor, nn

from cnnlab.training.events import TensorNorms
from cnnlab.training.step.norm_meter import NormMeter
from cnnlab.training.step_metrics import STEP_TIMES

Mark = float | torch.cuda.Event


def _gradient_norm(network: nn.Module) -> Tensor:
    return torch.nn.utils.get_total_norm([p.grad for p in network.parameters() if p.grad is not None])


NETWORK_METRICS: dict[str, Callable[[nn.Module], Tensor]] = {"gradient_norm": _gradient_norm}
"""What is measured of the network after its update, by the name of the metric: numbers on its device."""


@dataclass(frozen=True, slots=True)
class MeasuredStep:
    """The metrics of a step by their names in `STEP_METRICS`; and the norms of its tensors, if they were due."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    norms: TensorNorms | None = None


class StepTimer:
    """Measures a step from `begin` to `end`, with a `mark` after each of its parts; then pauses until `take`.

    On a GPU nothing here waits for the device: the metrics are available once the device has finished the step.
    """

    def __init__(self, network: nn.Module, device: torch.device) -> None:
        self._network = network
        self._is_cuda = device.type == "cuda"
        self._marks: list[Mark] = []
        self._values = torch.zeros(len(NETWORK_METRICS), pin_memory=self._is_cuda)
        self._norms = NormMeter(network, device)
        self._is_measuring, self._has_measured = False, False

    def begin(self) -> None:
        """Measure the step that begins now, unless earlier metrics are still to be taken."""
        self._is_measuring = not self._has_measured
        self._marks = [self._now()] if self._is_measuring else self._marks

    def mark(self) -> None:
        """One part has ended here."""
        if self._is_measuring:
            self._marks.append(self._now())

    def end(self, step: int) -> None:
        """The step of that number has ended; the gradients are those that the optimizer has used."""
        if not self._is_measuring:
            return
        self.mark()
        for i, measure in enumerate(NETWORK_METRICS.values()):
            self._values[i].copy_(measure(self._network), non_blocking=True)
        self._norms.measure(step)
        self.mark()  # when the values above have arrived
        self._is_measuring, self._has_measured = False, True

    def take(self) -> MeasuredStep:
        """What was measured; nothing if the device has not finished yet."""
        last = self._marks[-1] if self._has_measured else None
        if last is None or (isinstance(last, torch.cuda.Event) and not last.query()):  # type: ignore[no-untyped-call]
            return MeasuredStep()
        self._has_measured = False
        seconds = map(_seconds, self._marks, self._marks[1:])
        times = {metric.name: value for metric, value in zip(STEP_TIMES, seconds, strict=False)}
        values = dict(zip(NETWORK_METRICS, self._values.tolist(), strict=True))
        return MeasuredStep(times | values, self._norms.take())

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
