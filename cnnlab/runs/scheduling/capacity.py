"""Which of the queued runs can start, from what they demand and the capacity of the machine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cnnlab.runs.machine import Gpu
from cnnlab.training.process_bytes import PROCESS_BYTES

USABLE_SHARE = 0.9
"""The share of a GPU's memory, or of the main memory that is there for runs, that they may use together."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a run demands: the `device` of its recipe, and the forecast of its memory there, its process not counted."""

    run_id: str
    owner: str
    device: str
    forecast_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How many runs can run at the same time: on the CPU, on each of the GPUs, and of each owner.

    Where `per_owner` is 0, an owner has half of each device. `cpu_bytes` is the main memory that runs have already
    or can still get; None where it is not known.
    """

    cpu: int
    cpu_bytes: int | None = None
    gpus: Sequence[Gpu]
    per_gpu: int
    per_owner: int


def may_start(queued: Iterable[Demand], running: Iterable[Demand], capacity: Capacity) -> list[str]:
    """The ids of the queued runs, in their order, that can start beside the running ones.

    A run that does not fit holds back those behind it on the same device, and no others. A device accepts any single
    run, which is refused there if it needs too much, and more of them as long as the forecasts together fit into its
    memory.

    >>> capacity = Capacity(cpu=2, gpus=[], per_gpu=4, per_owner=1)
    >>> ann, also_ann, bob = Demand("a", "ann", "cpu", 0), Demand("b", "ann", "cpu", 0), Demand("c", "bob", "auto", 0)
    >>> may_start([ann, also_ann, bob], [], capacity)
    ['a', 'c']
    """
    names = [gpu.name for gpu in capacity.gpus]
    on_device: dict[str, list[Demand]] = {name: [] for name in ("cpu", *names)}
    for run in running:
        on_device[_device(run, names)].append(run)
    started: list[str] = []
    full: set[str] = set()
    for run in queued:
        device = _device(run, names)
        if device in full or _has_enough(run.owner, device, on_device, capacity):
            continue
        if not _fits(device, run, on_device[device], capacity):
            full.add(device)
            continue
        on_device[device].append(run)
        started.append(run.run_id)
    return started


def _device(run: Demand, names: Sequence[str]) -> str:
    """The device that the run will use; if it is missing, the worker refuses it, which takes a core."""
    if run.device in names:
        return run.device
    return names[0] if names and run.device in ("auto", "cuda") else "cpu"


def _has_enough(owner: str, device: str, on_device: Mapping[str, Sequence[Demand]], capacity: Capacity) -> bool:
    """Whether the owner has as many runs as one person may have, so that others find room."""
    num_own = {name: sum(run.owner == owner for run in runs) for name, runs in on_device.items()}
    if capacity.per_owner:
        return sum(num_own.values()) >= capacity.per_owner
    return num_own[device] >= max(1, (capacity.cpu if device == "cpu" else capacity.per_gpu) // 2)


def _fits(device: str, run: Demand, others: Sequence[Demand], capacity: Capacity) -> bool:
    if device == "cpu":
        most, memory = capacity.cpu, capacity.cpu_bytes
    else:
        most = capacity.per_gpu
        memory = next(gpu.memory_bytes for gpu in capacity.gpus if gpu.name == device)
    process = PROCESS_BYTES["cpu" if device == "cpu" else "cuda"]
    demanded = sum(process + each.forecast_bytes for each in (run, *others))
    return not others or (len(others) < most and (memory is None or demanded <= USABLE_SHARE * memory))
