"""What this machine has for runs, and what a process uses of it: cores, GPUs, memory."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ASKING_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU by its name in a recipe, such as cuda:0, and its memory in bytes."""

    name: str
    memory_bytes: int


def gpus() -> list[Gpu]:
    """The GPUs that the driver's own tool tells of; none where there is no such tool or it does not answer."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    try:
        told = subprocess.run(
            [tool, "--query-gpu=memory.total", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=ASKING_SECONDS,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    sizes = [line.strip() for line in told.splitlines()]
    return [Gpu(f"cuda:{i}", int(size) * 2**20) for i, size in enumerate(sizes) if size.isdecimal()]


def num_cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_STATUS = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class Use:
    """Processor cores that were busy with this process since the last look, on average, and its memory in bytes.

    The memory is the device's for a process that computes on a GPU; None where the system does not tell. `device_use`
    is the share of the time of late that the GPU was busy, with this process or others; None without a GPU, or where
    NVIDIA's package nvidia-ml-py, which torch asks for it, is not installed.
    """

    cores_used: float
    memory_bytes: float | None
    device_use: float | None = None


class Usage:
    """Looks at this process from time to time."""

    def __init__(self, device: str) -> None:
        self._device, self._tells_use = device, True
        self._processor, self._clock = time.process_time(), time.perf_counter()

    def look(self) -> Use:
        """The use since the last look."""
        processor, clock = time.process_time(), time.perf_counter()
        cores = (processor - self._processor) / max(clock - self._clock, 1e-9)
        self._processor, self._clock = processor, clock
        return Use(cores, self._memory(), self._device_share())

    def _device_share(self) -> float | None:
        if not self._device.startswith("cuda") or not self._tells_use:
            return None
        import torch

        try:
            return torch.cuda.utilization(self._device) / 100
        except (ModuleNotFoundError, RuntimeError):
            self._tells_use = False  # it will not tell later either
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
