"""Which runs of a list are looked for: by name, tag, data set, state and owner."""

from collections.abc import Iterable
from dataclasses import dataclass

from cnnlab.runs.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """What a run must have to be found. Whatever is empty finds all.

    The name must contain every word of `name`, in any order and case. A run has all of the `tags`, and one of the
    `datasets` and of the `states`. With `only_own`, it has been submitted by whoever looks for it.
    """

    name: str = ""
    tags: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    only_own: bool = False

    def found(self, runs: Iterable[Run], owner: str) -> list[Run]:
        """Those of the runs that the owner looks for, in their order."""
        words = self.name.casefold().split()
        return [
            run
            for run in runs
            if all(word in run.name.casefold() for word in words)
            and set(self.tags) <= set(run.tags)
            and (not self.datasets or run.recipe.dataset in self.datasets)
            and (not self.states or run.state in self.states)
            and (not self.only_own or run.owner == owner)
        ]
