"""What a network answers about the images on which it is evaluated."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

EvaluatedPart = Literal["validation", "test"]
"""The parts of a data set that are not trained on."""

LEVELS = 255
"""A confidence of 1 is stored as this number."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The most probable class of each image, and its probability in 255ths: both of shape (N,).

    Classes are uint8, or uint16 where there are more than 256 of them; confidences are uint8.
    """

    classes: NDArray[np.unsignedinteger[Any]]
    confidences: NDArray[np.uint8]


def class_type(num_classes: int) -> type[np.unsignedinteger[Any]]:
    """The smallest type that holds every class."""
    return np.uint8 if num_classes <= 256 else np.uint16


class AnswerBuffer:
    """Collects the answers of batches on their device, without waiting for it."""

    def __init__(self) -> None:
        self._classes: list[Tensor] = []
        self._confidences: list[Tensor] = []

    def add(self, logits: Tensor) -> Tensor:
        """Adds those to logits of shape (N, classes); returns the classes, of shape (N,)."""
        confidences, classes = logits.float().softmax(1).max(1)
        self._classes.append(classes)
        self._confidences.append(confidences.mul(LEVELS).round().to(torch.uint8))
        return classes

    def answers(self, num_classes: int) -> Answers:
        """All of them, in the order of the batches. Waits for the device."""
        classes = torch.cat(self._classes).cpu().numpy().astype(class_type(num_classes))
        return Answers(classes, torch.cat(self._confidences).cpu().numpy())
