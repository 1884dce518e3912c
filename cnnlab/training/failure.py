"""Why a training failed, as a sentence."""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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


@contextmanager
def memory_errors_explained(explain: Callable[[], Sentence]) -> Iterator[None]:
    """Convert out-of-memory errors, in any form in which torch reports them, to `TrainingFailed` with that sentence."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # torch.OutOfMemoryError of a GPU is a RuntimeError; the CPU's allocator raises a plain one.
        if not isinstance(error, MemoryError) and not _OUT_OF_MEMORY.search(str(error)):
            raise
        raise TrainingFailed(explain()) from error


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


def why_not_finite(recipe: Recipe, which: str, step: int, loss: float) -> Sentence:
    """The sentence for a "training" or "test" loss that is infinite or not a number."""
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
        else "The test loss is {value} after step {step}"
    )
    return Sentence(
        "{finding}: with a `learning_rate` of {rate:g} the steps of {optimizer} are probably so large that the weights"
        " diverge. Try {lower_rate:g}, another initialisation, or a network with normalisation.",
        finding=Sentence(template, value=value, step=step),
        rate=recipe.learning_rate,
        optimizer=OPTIMIZER_NAMES[recipe.optimizer],
        lower_rate=recipe.learning_rate / 10,
    )
