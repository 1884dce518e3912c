"""Snapshots of runs for many viewers at the same time: read from the store now and then, not once for each of them."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from cnnlab.runs.run import Curve, Run
from cnnlab.runs.store.curve import Measured
from cnnlab.runs.store.store import Store

MAX_AGE_SECONDS = 0.5
"""How old a snapshot of a run may be."""

MAX_RUNS = 100
"""The number of runs in the cache; beyond that, the least recently used one is dropped."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A run and its curve at one moment. It equals only itself, so that it is a quick key of what was made of it."""

    run: Run
    curve: Curve


@dataclass(slots=True)
class _Entry:
    snapshot: Snapshot
    measured: Measured
    read_at: float
    writes: int


class RunCache:
    """The snapshots of a store's runs, shared by all threads of this process, whose own writes are seen at once."""

    def __init__(self, store: Store, max_age_seconds: float = MAX_AGE_SECONDS) -> None:
        self._store, self._max_age_seconds = store, max_age_seconds
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def snapshot(self, run_id: str, *, refresh: bool = False) -> Snapshot:
        """The run at most `max_age_seconds` ago, or now with `refresh`. Raises `UnknownRun` and `StoreUnavailable`."""
        with self._lock:
            entry = self._entries.get(run_id)
            if entry is None or refresh or self._is_old(entry):
                entry = self._read(run_id, entry.measured if entry else Measured(run_id))
            self._entries[run_id] = entry
            self._entries.move_to_end(run_id)
            if len(self._entries) > MAX_RUNS:
                self._entries.popitem(last=False)
            return entry.snapshot

    def _is_old(self, entry: _Entry) -> bool:
        age = time.monotonic() - entry.read_at
        return entry.writes != self._store.database.writes or age > self._max_age_seconds

    def _read(self, run_id: str, measured: Measured) -> _Entry:
        writes, read_at = self._store.database.writes, time.monotonic()
        # The run before its curve, so that the curve of a run that has ended is complete.
        run = self._store.run(run_id)
        with self._store.database.reading() as connection:
            measured.read(connection)
        return _Entry(Snapshot(run, measured.curve()), measured, read_at, writes)
