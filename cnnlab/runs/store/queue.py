"""In which order queued runs start, and how long each will probably wait."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from cnnlab.runs.machine import num_cores
from cnnlab.runs.store.tables import runs


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued run. `number` grows with each run that is submitted; a greater `priority` goes before all turns."""

    run_id: str
    owner: str
    number: int
    priority: int = 0


def in_turn(waiting: Iterable[Waiting], last_turns: Mapping[str, int]) -> list[str]:
    """The queued runs in the order in which they will start: owners take turns, each with the oldest of their runs.

    First come those who never had a turn, in the order of their runs, then whoever had theirs the longest ago.
    `last_turns` counts on with each run that starts, and says for each owner where it was at their last.

    >>> ann, bob = [Waiting(f"a{i}", "ann", i) for i in (1, 2, 3)], [Waiting("b4", "bob", 4)]
    >>> in_turn(ann + bob, {"ann": 10})
    ['b4', 'a1', 'a2', 'a3']
    >>> in_turn(ann + bob, {})
    ['a1', 'b4', 'a2', 'a3']
    """
    waiting = list(waiting)
    urgent = sorted((run for run in waiting if run.priority), key=lambda run: (-run.priority, run.number))
    of_owner: dict[str, list[Waiting]] = {}
    for run in sorted((run for run in waiting if not run.priority), key=lambda run: run.number):
        of_owner.setdefault(run.owner, []).append(run)
    owners = sorted(of_owner, key=lambda owner: (last_turns.get(owner, 0), of_owner[owner][0].number))
    longest = max(map(len, of_owner.values()), default=0)
    in_order = [of_owner[owner][i].run_id for i in range(longest) for owner in owners if i < len(of_owner[owner])]
    return [*(run.run_id for run in urgent), *in_order]


if TYPE_CHECKING:
    from cnnlab.runs.store.store import Store

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
