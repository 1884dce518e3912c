"""Gradient descent learns a kernel from an image and the output of that kernel.

The example is that of Zhang and others, Dive into Deep Learning, section 7.2.4 (6.2.4 in older editions).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from cnnlab.insight.one_layer.kernels import KERNEL_NAMES, named_kernel
from cnnlab.insight.one_layer.pictures import PICTURE_NAMES, WITH_DIGITS, shades
from cnnlab.spec import Knob, Spec

TargetName = Literal["difference", "sobel_x", "sobel_y", "edges", "sharpen", "gaussian", "emboss", "identity"]

GREY_PICTURES = {name: PICTURE_NAMES[name] for name in ("edges", "digits", "mnist5k")}

DIVERGENCE_RATIO = 1e6
"""The loss has diverged once it is this many times the first loss."""


class KernelTask(Spec):
    """What is learned, and with which steps.

    >>> *_, last = learn_kernel(KERNEL_TASKS["d2l"])
    >>> [round(weight, 1) for weight in last.kernel[0]]
    [1.0, -1.0]
    """

    noun: ClassVar[str] = "the task"

    picture: Annotated[
        Literal["edges", "digits", "mnist5k"],
        Field(title="Image", description="The input that the kernel is learned from."),
        Knob(group="Task", names=GREY_PICTURES),
    ] = "edges"
    digit: Annotated[
        int,
        Field(ge=0, le=9, title="Digit", description="The digit that is shown."),
        Knob(group="Task", soft=(0, 9), only_when={"picture": WITH_DIGITS}),
    ] = 3
    target: Annotated[
        TargetName,
        Field(
            title="Hidden kernel",
            description="The kernel that produces the target output. Training uses only the output, not the kernel.",
        ),
        Knob(group="Task", names=KERNEL_NAMES),
    ] = "difference"
    learning_rate: Annotated[
        float,
        Field(
            ge=1e-6,
            le=10,
            title="Learning rate",
            description="The factor of the gradient in each step. If it is too small, learning is slow; if it is too"
            " large, it diverges.",
        ),
        Knob(group="Steps", soft=(1e-4, 1)),
    ] = 0.02
    steps: Annotated[
        int,
        Field(ge=1, le=5000, title="Steps", description="The number of gradient steps."),
        Knob(group="Steps", soft=(10, 500), step=10),
    ] = 30
    seed: Annotated[
        int,
        Field(ge=0, le=9999, title="Seed", description="Seed of the initial kernel."),
        Knob(group="Steps", soft=(0, 20)),
    ] = 0


KERNEL_TASKS: dict[str, KernelTask] = {
    "d2l": KernelTask(),
    "digit": KernelTask(picture="mnist5k", target="sobel_x", learning_rate=0.001, steps=400),
}

TASK_TITLES = {"d2l": "Two edges (d2l)", "digit": "A real digit"}


@dataclass(frozen=True, slots=True)
class LearningStep:
    """The kernel after `step` steps, its output, and the sum of the squared errors of that output."""

    step: int
    loss: float
    kernel: tuple[tuple[float, ...], ...]
    result: tuple[tuple[float, ...], ...]
    has_diverged: bool


def task_pair(task: KernelTask) -> tuple[Tensor, Tensor, Tensor]:
    """The image (1, 1, H, W), the hidden kernel (1, 1, h, w) and its output (1, 1, H', W')."""
    image = shades(task.picture, task.digit)[None]
    hidden = named_kernel(task.target, size=3, channels=1, seed=0)[None]
    return image, hidden, F.conv2d(image, hidden)


def learn_kernel(task: KernelTask) -> Iterator[LearningStep]:
    """Every step from the random kernel on; ends early if the loss diverges.

    The loss is the sum of squared errors and the steps are plain gradient descent, as in the book.
    """
    image, hidden, wanted = task_pair(task)
    generator = torch.Generator().manual_seed(task.seed)
    # As torch begins a convolution: even between plus and minus one over the root of the inputs.
    reach = 1 / math.sqrt(hidden.numel())
    kernel = (reach * (2 * torch.rand(hidden.shape, generator=generator) - 1)).requires_grad_()
    first = 0.0
    for step in range(task.steps + 1):
        result = F.conv2d(image, kernel)
        loss = (result - wanted).square().sum()
        first = first or loss.item()
        has_diverged = not loss.item() <= DIVERGENCE_RATIO * first
        yield LearningStep(step, loss.item(), _rows(kernel), _rows(result), has_diverged)
        if has_diverged:
            return
        (gradient,) = torch.autograd.grad(loss, kernel)
        with torch.no_grad():
            kernel -= task.learning_rate * gradient


def largest_rate(task: KernelTask) -> float:
    """Below this learning rate the loss converges to zero, above it diverges.

    The loss is quadratic in the kernel: with A the matrix of all windows, its curvature is at most twice the largest
    eigenvalue of AᵀA, and gradient descent converges below two over that.
    """
    return 1 / float(_eigenvalues(task)[-1])


def is_determined(task: KernelTask) -> bool:
    """Whether only one kernel produces this output from this image; if not, training finds one of many."""
    eigenvalues = _eigenvalues(task)
    return bool(eigenvalues[0] > 1e-9 * eigenvalues[-1])


def _eigenvalues(task: KernelTask) -> Tensor:
    """Those of AᵀA in ascending order, where A has a row for each place of the window."""
    image, hidden, _ = task_pair(task)
    windows = F.unfold(image.double(), tuple(hidden.shape[2:]))[0]
    return torch.linalg.eigvalsh(windows @ windows.T)


def _rows(values: Tensor) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, values.detach()[0, 0].tolist()))
