"""How long a run will probably wait."""

import heapq
from collections.abc import Iterable, Sequence

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
