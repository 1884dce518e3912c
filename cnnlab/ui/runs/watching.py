"""Runs as the pages show them while they go on: how often, and looked at once for all who watch."""

from functools import lru_cache

from cnnlab.runs import Store
from cnnlab.runs.watching import Lookout, Seen

TICK_SECONDS = 1.0
"""How often a page that shows a run that goes on draws its part again."""

MOST_DRAWN = 50
"""So many charts are kept ready, for visitors who see the same runs in the same theme."""


def look(store: Store, run_ids: tuple[str, ...], *, anew: bool = False) -> tuple[Seen, ...]:
    """The runs as they were a moment ago, or as they are now. Raises `UnknownRun` and `StoreUnavailable`."""
    lookout = _lookout(store)
    return tuple(lookout.look(run_id, anew=anew) for run_id in run_ids)


@lru_cache(maxsize=1)  # a server has one store
def _lookout(store: Store) -> Lookout:
    return Lookout(store)
