"""The cores, GPUs and memory of this machine, and what a process uses of them."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU by its name in a recipe, such as cuda:0, and its memory in bytes."""

    name: str
    memory_bytes: int


def gpus() -> list[Gpu]:
    """The GPUs that `nvidia-smi` lists; none where it is missing or does not answer."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    try:
        listed = subprocess.run(
            [tool, "--query-gpu=memory.total", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    sizes = [line.strip() for line in listed.splitlines()]
    return [Gpu(f"cuda:{i}", int(size) * 2**20) for i, size in enumerate(sizes) if size.isdecimal()]


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

        try:
            return torch.cuda.utilization(self._device) / 100
        except (ModuleNotFoundError, RuntimeError):
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
