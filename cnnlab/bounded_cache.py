"""A cache of a function's results that is bounded by their size, not only by their number."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

Key = TypeVar("Key", bound=Hashable)
Given = ParamSpec("Given")
Result = TypeVar("Result")


class BoundedCache(Generic[Key, Given, Result]):
    """A function whose results are kept, those asked for last, up to a total size.

    Its first argument decides the result. Others are what it is computed from, and are not kept. `size` measures a
    result in the unit of `limit`. A result that is larger than the limit is not kept. An error is not kept either.
    """

    def __init__(
        self, function: Callable[Concatenate[Key, Given], Result], size: Callable[[Result], int], limit: int
    ) -> None:
        update_wrapper(self, function)
        self._function, self._size, self._limit = function, size, limit
        self._results: OrderedDict[Key, tuple[Result, int]] = OrderedDict()
        self._lock = threading.Lock()
        self.total = 0
        """The size of what is kept."""

    def kept(self, key: Key) -> Result | None:
        """The result if it is kept, or else None: it is not computed."""
        known = self._known(key)
        return None if known is None else known[0]

    def _known(self, key: Key) -> tuple[Result, int] | None:
        with self._lock:
            known = self._results.get(key)
            if known is not None:
                self._results.move_to_end(key)
            return known

    def __call__(self, key: Key, *given: Given.args, **named: Given.kwargs) -> Result:
        known = self._known(key)
        if known is not None:
            return known[0]
        result = self._function(key, *given, **named)
        size = self._size(result)
        with self._lock:
            if size <= self._limit and key not in self._results:
                self._results[key] = (result, size)
                self.total += size
                while self.total > self._limit:
                    _, (_, dropped) = self._results.popitem(last=False)
                    self.total -= dropped
        return result

    def cache_clear(self) -> None:
        """Drops all results."""
        with self._lock:
            self._results.clear()
            self.total = 0


def bounded_cache(
    *, size: Callable[[Any], int], limit: int
) -> Callable[[Callable[Concatenate[Key, Given], Result]], BoundedCache[Key, Given, Result]]:
    """Decorates a function with a `BoundedCache`.

    >>> @bounded_cache(size=len, limit=4)
    ... def doubled(text: str) -> str:
    ...     return 2 * text
    >>> doubled("a"), doubled("b"), doubled("c"), doubled.total
    ('aa', 'bb', 'cc', 4)
    """
    return lambda function: BoundedCache(function, size, limit)
