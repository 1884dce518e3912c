"""What the store says of runs, without asking it for each drawing."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

FRESH_SECONDS = 1.0
"""A run is looked up again after that time: until then it may be deleted, or have another epoch."""

MAX_KEPT = 256
"""Runs of which it is kept."""

Found = TypeVar("Found")


class Lookups(Generic[Found]):
    """What `look_up` finds of each run. When it is no longer fresh one of those who ask looks again, and others go on.

    >>> lookups = Lookups(lambda run_id: run_id.upper())
    >>> lookups.fresh("ab"), lookups.again("ab"), lookups.fresh("ab")
    (None, 'AB', 'AB')
    """

    def __init__(self, look_up: Callable[[str], Found], clock: Callable[[], float] = time.monotonic) -> None:
        self._look_up, self._clock = look_up, clock
        self._found: dict[str, tuple[Found, float]] = {}  # and until when it is fresh
        self._lock = threading.Lock()

    def fresh(self, run_id: str) -> Found | None:
        """What is known; None if it is not, or if it is the caller's turn to look `again`."""
        with self._lock:
            found, until = self._found.get(run_id, (None, 0.0))
            if found is None or self._clock() < until:
                return found
            self._found[run_id] = (found, self._clock() + FRESH_SECONDS)
            return None

    def known(self, run_id: str) -> Found:
        """What was found last, or else what is found now."""
        with self._lock:
            found, _ = self._found.get(run_id, (None, 0.0))
        return self.again(run_id) if found is None else found

    def again(self, run_id: str) -> Found:
        """What is found now. Raises what `look_up` does, and then nothing is known."""
        try:
            found = self._look_up(run_id)
        except ValueError:
            with self._lock:
                self._found.pop(run_id, None)
            raise
        with self._lock:
            self._found.pop(run_id, None)  # so that it is the last one
            self._found[run_id] = (found, self._clock() + FRESH_SECONDS)
            if len(self._found) > MAX_KEPT:
                del self._found[next(iter(self._found))]
        return found
