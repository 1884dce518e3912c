"""Whose turn it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


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
