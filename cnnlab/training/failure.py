"""A training that cannot go on, as a sentence."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager


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
