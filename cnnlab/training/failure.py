"""Why a training failed, as a sentence."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from cnnlab.training.recipe import OPTIMIZER_NAMES, Recipe
from cnnlab.words.errors import SentenceError
from cnnlab.words.sentence import Sentence

_OUT_OF_MEMORY = re.compile(
    r"alloc|out of memory|not enough memory|CUBLAS_STATUS_NOT_INITIALIZED"
    r"|CUDNN_STATUS_(NOT_INITIALIZED|INTERNAL_ERROR|MAPPING_ERROR)",
    re.IGNORECASE,
)
"""How torch says that memory ran out. cuBLAS and cuDNN, which allocate handles and workspaces of their own at their
first use, only say that they could not begin."""


class TrainingFailed(SentenceError):
    """A training ended early; the sentence says at which step, the likely cause and what to do about it."""


@dataclass(slots=True, kw_only=True)
class LossRange:
    """The loss of a training's first step, and its highest one, which was in `highest_step`."""

    first: float = 0.0
    highest: float = 0.0
    highest_step: int = 0

    def add(self, first_step: int, losses: Sequence[float]) -> None:
        """Take in the losses of the steps from `first_step` on."""
        if first_step == 1:
            self.first = losses[0]
        highest = max(losses)
        if highest > self.highest:
            self.highest, self.highest_step = highest, first_step + losses.index(highest)


@contextmanager
def memory_errors_explained(explain: Callable[[], Sentence]) -> Iterator[None]:
    """Convert out-of-memory errors, in any form in which torch reports them, to `TrainingFailed` with that sentence."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise TrainingFailed(explain()) from error


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory ran out: torch's CPU allocator raises a plain RuntimeError."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and _OUT_OF_MEMORY.search(str(error)) is not None
    )


def _memory_remedy(recipe: Recipe, fits: int | None) -> Sentence:
    """What to do about too little memory; `fits` is a batch size that should need less."""
    if fits is not None and 2 <= fits < recipe.batch_size:
        return Sentence("a `batch_size` of {fits} should fit; {others}", fits=fits, others=_memory_remedy(recipe, None))
    return Sentence("reduce either of them, use a smaller network, or close other programs.")


def why_no_memory(recipe: Recipe, image_size: int, step: int, fits: int | None) -> Sentence:
    """The sentence for a step that ran out of memory; `fits` is a batch size that should need less."""
    return Sentence(
        "Out of memory in step {step}, with a `batch_size` of {batch_size} and an `image_size` of {image_size}:"
        " {remedy}",
        step=step,
        batch_size=recipe.batch_size,
        image_size=image_size,
        remedy=_memory_remedy(recipe, fits),
    )


def why_too_large(recipe: Recipe, image_size: int, needed: int, free: int, fits: int) -> Sentence:
    """The sentence for a run that needs `needed` bytes, where only `free` bytes are free."""
    return Sentence(
        "A run with a `batch_size` of {batch_size} and an `image_size` of {image_size} needs about {needed:.1f} GB of"
        " memory, and {free:.1f} GB are free: {remedy}",
        batch_size=recipe.batch_size,
        image_size=image_size,
        needed=needed / 1e9,
        free=free / 1e9,
        remedy=_memory_remedy(recipe, fits),
    )


BLOWN_UP = (
    "The training blew up: the loss rose from {first:.3g} in the first step to {highest:.3g} in step {step}, and the"
    " network has not recovered: its last training loss, {last:.3g}, is no better than guessing's, {guessing:.3g}."
    " With a `learning_rate` of {rate:g} the steps of {optimizer} are too large. Try {lower_rate:g}, another"
    " initialisation, or a network with normalisation."
)

BURST = 10
"""How many times as high as at the beginning, or as that of guessing, a loss is that has blown up."""


def why_blown_up(recipe: Recipe, num_classes: int, losses: LossRange, last: float) -> Sentence | None:
    """The sentence for a training that stayed finite and blew up; None for any other. `last` is its last epoch's loss.

    Who guesses among n classes has a cross-entropy of log n. A loss that rose for a while and fell again is no failure.
    """
    guessing = math.log(num_classes)
    if losses.highest <= BURST * max(losses.first, guessing) or last < 0.9 * guessing:
        return None
    return Sentence(
        BLOWN_UP,
        first=losses.first,
        highest=losses.highest,
        step=losses.highest_step,
        last=last,
        guessing=guessing,
        rate=recipe.learning_rate,
        optimizer=OPTIMIZER_NAMES[recipe.optimizer],
        lower_rate=recipe.learning_rate / 10,
    )


def is_blown_up(note: Sentence) -> bool:
    """Whether a note of a run is the sentence of `why_blown_up`."""
    return note.template == BLOWN_UP


def why_not_finite(recipe: Recipe, which: str, step: int, loss: float) -> Sentence:
    """The sentence for a "training", "validation" or "test" loss that is infinite or not a number."""
    value = Sentence("not a number") if math.isnan(loss) else Sentence("infinite")
    if which == "training" and step == 1:
        return Sentence(
            "The training loss is {value} in step 1, before any weight has changed: the activations grow without bound"
            " on their way through the network. Try another initialisation, a network with normalisation, or float32.",
            value=value,
        )
    template = (
        "The training loss is {value} in step {step}"
        if which == "training"
        else f"The {which} loss is {{value}} after step {{step}}"
    )
    return Sentence(
        "{finding}: with a `learning_rate` of {rate:g} the steps of {optimizer} are probably so large that the weights"
        " diverge. Try {lower_rate:g}, another initialisation, or a network with normalisation.",
        finding=Sentence(template, value=value, step=step),
        rate=recipe.learning_rate,
        optimizer=OPTIMIZER_NAMES[recipe.optimizer],
        lower_rate=recipe.learning_rate / 10,
    )
