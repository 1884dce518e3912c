"""How often something may be done: some times at once, and then once in so many seconds, for each key."""

import threading
import time
from collections.abc import Callable

MAX_KEYS = 10_000
"""Keys that are kept; beyond them, those that could do the most are forgotten first."""


class Allowance:
    """`burst` times at once for each key, and once more every `seconds`. Many threads may use it.

    >>> guesses = Allowance(burst=1, seconds=60, clock=lambda: 0.0)
    >>> guesses.take("ann"), guesses.take("ann"), guesses.take("bob")
    (0.0, 60.0, 0.0)
    """

    def __init__(self, *, burst: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._seconds, self._clock = burst, seconds, clock
        self._full_at: dict[str, float] = {}  # when the key may do it `burst` times again
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Use it up once: 0, or else the seconds until it is allowed again, and then nothing is used up."""
        with self._lock:
            now = self._clock()
            full_at = max(self._full_at.get(key, now), now) + self._seconds
            wait = full_at - now - self._burst * self._seconds
            if wait > 0:
                return wait
            self._full_at[key] = full_at
            if len(self._full_at) > MAX_KEYS:
                self._forget(now)
            return 0.0

    def give_back(self, key: str) -> None:
        """Undo a `take`."""
        with self._lock:
            if key in self._full_at:
                self._full_at[key] -= self._seconds

    def _forget(self, now: float) -> None:
        latest = sorted(self._full_at.items(), key=lambda entry: entry[1])[-MAX_KEYS // 2 :]
        self._full_at = {key: full_at for key, full_at in latest if full_at > now}
