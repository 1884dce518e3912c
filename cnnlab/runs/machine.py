"""The cores, GPUs and memory of this machine, and what a process uses of them."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU by its name in a recipe, such as cuda:0, and its memory in bytes."""

    name: str
    memory_bytes: int


_LIST_GPUS = """
import json
from cnnlab.training.devices import gpu_problem
import torch
numbers = range(torch.cuda.device_count())
usable = [n for n in numbers if gpu_problem(torch.device("cuda", n)) is None]
print(json.dumps([[n, torch.cuda.get_device_properties(n).total_memory] for n in usable]))
"""
"""A program of its own, because the scheduler must not initialise CUDA before its workers are forked."""

_DRIVERS = (Path("/dev/nvidiactl"), Path("/dev/dxg"))
"""What is there where NVIDIA's driver is, on Linux and under Windows."""


def gpus(environment: Mapping[str, str]) -> list[Gpu]:
    """The GPUs that torch can use in a process with that environment, and so in a worker; none without a driver."""
    if shutil.which("nvidia-smi") is None and not any(path.exists() for path in _DRIVERS):
        return []
    try:
        listed = subprocess.run(
            [sys.executable, "-c", _LIST_GPUS],
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [Gpu(f"cuda:{number}", size) for number, size in json.loads(listed)]


def num_cores() -> int:
    """The number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def resident_bytes(process: int | None) -> int:
    """Bytes of main memory that a process, by its id, holds now; 0 where the system does not report it."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0  # it has ended, or there is no such file


_STATUS = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class ResourceUse:
    """Processor cores that were busy with this process since the last sample, on average, and its memory in bytes.

    On a GPU it is the memory that the process has reserved there; None where the system does not report it.
    `device_use` is the utilization of the GPU, from 0 to 1, by all processes; None without a GPU, or without NVIDIA's
    package nvidia-ml-py, which torch reads it with.
    """

    cores_used: float
    memory_bytes: float | None
    device_use: float | None = None


def _nvml_errors() -> tuple[type[Exception], ...]:
    """What NVIDIA's package raises where a GPU does not report its utilization: it is no RuntimeError."""
    try:
        from pynvml import NVMLError
    except ModuleNotFoundError:
        return ()
    return (NVMLError,)


class ResourceMonitor:
    """Samples what this process uses of the machine."""

    def __init__(self, device: str) -> None:
        self._device, self._reports_utilization = device, True
        self._processor, self._clock = time.process_time(), time.perf_counter()

    def sample(self) -> ResourceUse:
        """The use since the last sample."""
        processor, clock = time.process_time(), time.perf_counter()
        cores = (processor - self._processor) / max(clock - self._clock, 1e-9)
        self._processor, self._clock = processor, clock
        return ResourceUse(cores, self._memory(), self._device_share())

    def _device_share(self) -> float | None:
        if not self._device.startswith("cuda") or not self._reports_utilization:
            return None
        import torch

        unsupported: tuple[type[Exception], ...] = (ModuleNotFoundError, RuntimeError, *_nvml_errors())
        try:
            return torch.cuda.utilization(self._device) / 100
        except unsupported:
            self._reports_utilization = False  # nor will it later
            return None

    def _memory(self) -> float | None:
        if self._device.startswith("cuda"):
            import torch

            return float(torch.cuda.memory_reserved(self._device))
        if _STATUS.is_file():
            return float(int(_STATUS.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
        if sys.platform == "win32":
            return None
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return float(most if sys.platform == "darwin" else most * 1024)
