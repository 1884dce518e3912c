"""What is measured of a training step beside its loss and accuracy, each declared once.

The events, the table of the store, the TensorBoard files and the charts follow from `STEP_METRICS`. A new metric is an
entry here and a line where it is measured: in `cnnlab.training.step.step_timer` if it is of one step, or in
`cnnlab.runs.machine` if it is of the process.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMetric:
    """A number that is measured now and then during a training.

    Its `source` is every `Steps` event, one timed step, or the process of the run (`cnnlab.runs.machine`). It is stored
    under `name` and shown as `scale` times the stored value, in `unit`, on a log axis if `is_log`. If
    `is_step_time`, it is the seconds of one part of a step, drawn in one chart with the other parts.
    """

    name: str
    source: Literal["event", "step", "process"]
    title: str
    explanation: str
    unit: str = ""
    scale: float = 1.0
    is_log: bool = False
    is_step_time: bool = False

    def shown(self, value: float) -> float:
        """The value in `unit`."""
        return self.scale * value


def _step_time(name: str, title: str, explanation: str) -> StepMetric:
    return StepMetric(
        name=name, source="step", title=title, unit="ms", explanation=explanation, scale=1000.0, is_step_time=True
    )


STEP_METRICS = (
    StepMetric(
        name="learning_rate",
        source="event",
        title="Learning rate",
        explanation="The learning rate of the last step, as the schedule has it.",
    ),
    StepMetric(
        name="gradient_norm",
        source="step",
        title="Gradient norm",
        explanation="The square root of the sum of the squares of all gradients, after clipping, if there is any.",
        is_log=True,
    ),
    StepMetric(
        name="examples_per_second",
        source="event",
        title="Speed",
        unit="images/s",
        explanation="Training images per second, without evaluations.",
    ),
    StepMetric(
        name="device_use",
        source="process",
        title="GPU utilization",
        unit="%",
        explanation="The share of the time in which the GPU ran a kernel, of this process or of others.",
        scale=100.0,
    ),
    StepMetric(
        name="cores_used",
        source="process",
        title="CPU",
        unit="cores",
        explanation="The number of cores that the process of the run kept busy.",
    ),
    StepMetric(
        name="memory_bytes",
        source="process",
        title="Memory",
        unit="MB",
        explanation="The main memory of the process, or what it has reserved on its GPU.",
        scale=1e-6,
    ),
    _step_time("data_seconds", "images", "Selecting and augmenting the images of the batch."),
    _step_time("forward_seconds", "forward", "The forward pass and the loss."),
    _step_time("backward_seconds", "backward", "The backward pass."),
    _step_time("update_seconds", "update", "Clipping the gradients and updating the weights."),
)

SINGLE_METRICS = tuple(metric for metric in STEP_METRICS if not metric.is_step_time)
"""Those that have a chart of their own."""

STEP_TIMES = tuple(metric for metric in STEP_METRICS if metric.is_step_time)
"""The parts of a step, in the order in which a step goes through them."""

MEASURED_IN_STEP = tuple(metric.name for metric in STEP_METRICS if metric.source == "step")
