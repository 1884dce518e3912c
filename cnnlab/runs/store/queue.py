"""In which order queued runs start, and how long each will probably wait."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from statistics import median_high
from typing import TYPE_CHECKING

from sqlalchemy import select

from cnnlab.runs.machine import num_cores
from cnnlab.runs.store.tables import runs

if TYPE_CHECKING:
    from cnnlab.runs.store.reader import StoreReader

NUM_RECENT_RUNS = 20
"""Finished runs whose median duration is the forecast for the next ones."""

DEFAULT_SECONDS = 60.0
"""The forecast for a run on a machine that has not finished any."""


@dataclass(frozen=True, slots=True)
class QueuedRun:
    """A queued run. `number` grows with each submitted run; runs with a greater `priority` start before all others."""

    run_id: str
    owner: str
    number: int
    priority: int = 0


def fair_order(queued: Iterable[QueuedRun], last_starts: Mapping[str, int]) -> list[str]:
    """The ids of the queued runs in the order in which they will start: round robin over the owners.

    Each round has the oldest run of each owner. Owners who never started a run come first, in the order of their runs,
    then those whose last start is the longest ago. `last_starts` has the number of each owner's last start, counted
    over the starts of all runs.

    >>> ann, bob = [QueuedRun(f"a{i}", "ann", i) for i in (1, 2, 3)], [QueuedRun("b4", "bob", 4)]
    >>> fair_order(ann + bob, {"ann": 10})
    ['b4', 'a1', 'a2', 'a3']
    >>> fair_order(ann + bob, {})
    ['a1', 'b4', 'a2', 'a3']
    """
    by_number = sorted(queued, key=lambda run: run.number)
    urgent = sorted((run for run in by_number if run.priority), key=lambda run: -run.priority)
    of_owner: dict[str, list[QueuedRun]] = {}
    for run in by_number:
        if not run.priority:
            of_owner.setdefault(run.owner, []).append(run)
    owners = sorted(of_owner, key=lambda owner: last_starts.get(owner, 0))
    rounds = zip_longest(*(of_owner[owner] for owner in owners))
    return [run.run_id for run in (*urgent, *chain.from_iterable(rounds)) if run is not None]


def expected_wait(left: Iterable[float | None], before: int, ended: Sequence[float], slots: int) -> float:
    """Seconds until a run starts that has `before` others before it in the queue, where `slots` run at once.

    `left` is the remaining time of each running one, None where that is not known; `ended` the durations of finished
    runs, whose median is the forecast for the others.

    >>> expected_wait([30.0, 50.0], 1, [100.0], 2)
    50.0
    >>> expected_wait([30.0], 0, [], 2)
    0.0
    """
    median = median_high(ended) if ended else DEFAULT_SECONDS
    free = [median if seconds is None else seconds for seconds in left]
    free = sorted([*free, *[0.0] * (slots - len(free))])[-slots:]
    heapq.heapify(free)
    for _ in range(before):
        heapq.heapreplace(free, free[0] + median)
    return free[0]


def wait_of(store: "StoreReader", run_id: str) -> float:
    """Seconds until a queued run will probably start, from the running and the recently finished runs."""
    queue = store.queue()
    if run_id not in queue:
        return 0.0
    with store.database.reading() as connection:
        left = connection.scalars(select(runs.c.seconds_left).where(runs.c.state == "running")).all()
        recent = select(runs.c.seconds).where(runs.c.state == "done").order_by(runs.c.number.desc())
        ended = connection.scalars(recent.limit(NUM_RECENT_RUNS)).all()
    slots = store.settings().runs_at_once or num_cores()
    return expected_wait(left, queue.index(run_id), ended, slots)
