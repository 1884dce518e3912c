"""Whose turn it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued run. `number` grows with each run that is submitted."""

    run_id: str
    owner: str
    number: int


def in_turn(waiting: Iterable[Waiting], last_turns: Mapping[str, float]) -> list[str]:
    """The queued runs in the order in which they will start: owners take turns, each with the oldest of their runs.

    First come those who never had a turn, in the order of their runs, then whoever had theirs the longest ago.
    `last_turns` says when each owner's last run started.

    >>> ann, bob = [Waiting(f"a{i}", "ann", i) for i in (1, 2, 3)], [Waiting("b4", "bob", 4)]
    >>> in_turn(ann + bob, {"ann": 10.0})
    ['b4', 'a1', 'a2', 'a3']
    >>> in_turn(ann + bob, {})
    ['a1', 'b4', 'a2', 'a3']
    """
    of_owner: dict[str, list[Waiting]] = {}
    for run in sorted(waiting, key=lambda run: run.number):
        of_owner.setdefault(run.owner, []).append(run)
    owners = sorted(of_owner, key=lambda owner: (last_turns.get(owner, float("-inf")), of_owner[owner][0].number))
    longest = max(map(len, of_owner.values()), default=0)
    return [of_owner[owner][i].run_id for i in range(longest) for owner in owners if i < len(of_owner[owner])]
