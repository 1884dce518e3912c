"""A training that cannot go on, as a sentence."""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cnnlab.training.recipe import OPTIMIZER_NAMES, Recipe


class TrainingFailed(ValueError):
    """Why a training ended early: the step, the likely cause and what to do about it."""


@contextmanager
def memory_errors_explained(explain: Callable[[], str]) -> Iterator[None]:
    """Running out of memory inside becomes `TrainingFailed` with that sentence, whichever way torch reports it."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # torch.OutOfMemoryError of a GPU is a RuntimeError; the CPU's allocator raises a plain one.
        if not isinstance(error, MemoryError) and not re.search(r"alloc|out of memory|not enough memory", str(error)):
            raise
        raise TrainingFailed(explain()) from error


def why_no_memory(recipe: Recipe, image_size: int, step: int, fits: int | None) -> str:
    """What to say of a step that needs more memory than there is; `fits` is the batch size that would need less."""
    advice = f"a `batch_size` of {fits} should fit; " if fits is not None and 2 <= fits < recipe.batch_size else ""
    return (
        f"The memory ran out in step {step}, with a `batch_size` of {recipe.batch_size} and an `image_size` of"
        f" {image_size}: {advice}make one of them smaller, or the network, or end other programs."
    )


def why_too_large(recipe: Recipe, image_size: int, needed: int, free: int, fits: int) -> str:
    """What to say before a step is taken that needs so many bytes, where only so many are free."""
    advice = f"a `batch_size` of {fits} should fit; " if 2 <= fits < recipe.batch_size else ""
    return (
        f"A step with a `batch_size` of {recipe.batch_size} and an `image_size` of {image_size} needs about"
        f" {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free: {advice}make one of them smaller, or the"
        " network, or end other programs."
    )


def why_not_finite(recipe: Recipe, which: str, step: int, loss: float) -> str:
    """What to say of a loss that is no number any more."""
    value = "not a number" if math.isnan(loss) else "infinite"
    if which == "training" and step == 1:
        return (
            f"The {which} loss is {value} in step {step}, before any weight has changed: the values grow without bound"
            " on their way through the network. Try another initialisation, a network with normalisation, or float32."
        )
    return (
        f"The {which} loss is {value} in step {step}: with a `learning_rate` of {recipe.learning_rate:g} the steps of"
        f" {OPTIMIZER_NAMES[recipe.optimizer]} are probably so large that the weights grow without bound. Try"
        f" {recipe.learning_rate / 10:g}, or another initialisation, or a network with normalisation."
    )
