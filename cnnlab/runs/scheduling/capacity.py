"""Where there is room for which of the runs that wait."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cnnlab.runs.machine import Gpu

USABLE_SHARE = 0.9
"""How much of a GPU's memory runs may take together."""


@dataclass(frozen=True, slots=True)
class Asks:
    """What a run asks for: the `device` of its recipe, and so much of its memory by forecast."""

    run_id: str
    owner: str
    device: str
    forecast_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """So many runs at once: on the CPU, on each of the GPUs, and of each owner."""

    cpu: int
    gpus: Sequence[Gpu]
    per_gpu: int
    per_owner: int


def may_start(waiting: Iterable[Asks], running: Iterable[Asks], places: Places) -> list[str]:
    """Which of the waiting runs, in their order, have room beside those that run.

    A run that has no room lets others go by, but not on its own device. A GPU takes any one run alone, and more of them
    as long as the forecasts together fit into its memory.

    >>> places = Places(cpu=2, gpus=[], per_gpu=4, per_owner=1)
    >>> ann, also_ann, bob = Asks("a", "ann", "cpu", 0), Asks("b", "ann", "cpu", 0), Asks("c", "bob", "auto", 0)
    >>> may_start([ann, also_ann, bob], [], places)
    ['a', 'c']
    """
    names = [gpu.name for gpu in places.gpus]
    on: dict[str, list[Asks]] = {name: [] for name in ("cpu", *names)}
    for run in running:
        on[_device(run, names)].append(run)
    started: list[str] = []
    closed: set[str] = set()
    for run in waiting:
        device = _device(run, names)
        own = sum(other.owner == run.owner for others in on.values() for other in others)
        if device in closed or own >= places.per_owner:
            continue
        if not _has_room(device, run, on[device], places):
            closed.add(device)
            continue
        on[device].append(run)
        started.append(run.run_id)
    return started


def _device(run: Asks, names: Sequence[str]) -> str:
    """The device that the run will use; one that is not there is refused by its worker, which needs a core for that."""
    if run.device in names:
        return run.device
    return names[0] if names and run.device in ("auto", "cuda") else "cpu"


def _has_room(device: str, run: Asks, others: Sequence[Asks], places: Places) -> bool:
    if device == "cpu":
        return len(others) < places.cpu
    if not others:
        return True
    memory = next(gpu.memory_bytes for gpu in places.gpus if gpu.name == device)
    taken = run.forecast_bytes + sum(other.forecast_bytes for other in others)
    return len(others) < places.per_gpu and taken <= USABLE_SHARE * memory
