"""Which GPUs this machine has, without anything that would begin to use one."""

import shutil
import subprocess
from dataclasses import dataclass

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
