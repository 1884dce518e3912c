"""Runs for many who watch them at the same time: read from the store now and then, not once for each of them."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from cnnlab.runs.run import Curve, Run
from cnnlab.runs.store.curve import Measured
from cnnlab.runs.store.store import Store

AGE_SECONDS = 0.5
"""How old may be what is shown of a run that goes on."""

MOST_KNOWN = 100
"""So many runs are kept in mind; beyond that those that nobody has asked for the longest are forgotten."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A run and its curve at one moment. Only the same look is equal, so what was made of it is quickly found again."""

    run: Run
    curve: Curve


@dataclass(slots=True)
class _Known:
    seen: Seen
    measured: Measured
    at: float
    writes: int


class Lookout:
    """Looks at the runs of a store for everybody in this process. What this process writes is seen at once."""

    def __init__(self, store: Store, age_seconds: float = AGE_SECONDS) -> None:
        self._store, self._age_seconds = store, age_seconds
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def look(self, run_id: str, *, anew: bool = False) -> Seen:
        """The run as it was a moment ago, or as it is now. Raises `UnknownRun` and `StoreUnavailable`."""
        with self._one_at_a_time:
            known = self._known.get(run_id)
            if known is None or anew or self._is_old(known):
                known = self._look(run_id, known.measured if known else Measured(run_id))
            self._known[run_id] = known
            self._known.move_to_end(run_id)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
            return known.seen

    def _is_old(self, known: _Known) -> bool:
        return known.writes != self._store.database.writes or time.monotonic() - known.at > self._age_seconds

    def _look(self, run_id: str, measured: Measured) -> _Known:
        writes, at = self._store.database.writes, time.monotonic()
        # The run before its curve: of one that has ended nothing is missing.
        run = self._store.run(run_id)
        with self._store.database.reading() as connection:
            measured.read(connection)
        return _Known(Seen(run, measured.curve()), measured, at, writes)
