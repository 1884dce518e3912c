"""How long a run will probably wait."""

import heapq
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from cnnlab.runs.cores import num_cores
from cnnlab.runs.tables import runs

if TYPE_CHECKING:
    from cnnlab.runs.store import Store

LATELY = 20
"""So many ended runs tell what is usual."""

USUAL_SECONDS = 60.0
"""What a run takes of which nothing is known, on a machine that has ended none yet."""


def expected_wait(left: Iterable[float | None], before: int, ended: Sequence[float], slots: int) -> float:
    """Seconds until a run starts that has so many `before` it, where `slots` run at once.

    `left` is how long each running one still needs, None where that is not known; those that have `ended` took so long,
    and the ones before it are taken to be like them.

    >>> expected_wait([30.0, 50.0], 1, [100.0], 2)
    50.0
    >>> expected_wait([30.0], 0, [], 2)
    0.0
    """
    usual = sorted(ended)[len(ended) // 2] if ended else USUAL_SECONDS
    free = [usual if seconds is None else seconds for seconds in left]
    free = sorted([*free, *[0.0] * (slots - len(free))])[:slots] if len(free) <= slots else sorted(free)[-slots:]
    heapq.heapify(free)
    for _ in range(before):
        heapq.heapreplace(free, free[0] + usual)
    return free[0]


def wait_of(store: "Store", run_id: str) -> float:
    """Seconds that a run will probably wait for its turn, from what runs and what has ended of late."""
    queue = store.queue()
    if run_id not in queue:
        return 0.0
    with store.database.reading() as connection:
        left = connection.scalars(select(runs.c.seconds_left).where(runs.c.state == "running")).all()
        of_late = select(runs.c.seconds).where(runs.c.state == "done").order_by(runs.c.number.desc()).limit(LATELY)
        ended = connection.scalars(of_late).all()
    slots = store.settings().runs_at_once or num_cores()
    return expected_wait(left, queue.index(run_id), ended, slots)
