"""How much memory is there and how much of it is free, on a device, on the machine or in the container that this is.

Without a GPU it needs no torch.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_MACHINE, _GROUPS, _OWN_GROUPS = Path("/proc/meminfo"), Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
"""Where Linux reports memory: of the machine, of control groups, such as a container is, and which groups are ours."""

_UNLIMITED = 2**60
"""A group of version 1 without a limit has one that is beyond this."""


def free_memory(device: "torch.device") -> int | None:
    """Bytes that are free on the device now; None where the system does not report it."""
    if device.type == "cuda":
        import torch

        return int(torch.cuda.mem_get_info(device)[0])
    return free_main_memory()


def free_main_memory() -> int | None:
    """Bytes of main memory that this process can still get; None where the system does not report it."""
    reported = [_free_on_machine(), *(max(0, limit - used) for limit, used in _groups())]
    return min((free for free in reported if free is not None), default=None)


def main_memory() -> int | None:
    """Bytes of main memory that all processes here may use together; None where the system does not report it."""
    reported = [_machine("MemTotal:"), *(limit for limit, _ in _groups())]
    return min((total for total in reported if total is not None), default=None)


def _free_on_machine() -> int | None:
    """Memory available without swapping: free memory, and cached files that the system can drop."""
    if _MACHINE.is_file():
        return _machine("MemAvailable:")
    if "SC_AVPHYS_PAGES" not in getattr(os, "sysconf_names", ()):
        return None
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _machine(entry: str) -> int | None:
    if _MACHINE.is_file():
        for line in _MACHINE.read_text().splitlines():
            if line.startswith(entry):
                return 1024 * int(line.split()[1])
    return None


def _groups() -> Iterator[tuple[int, int]]:
    """The limit of each control group that this process is in, and what its processes use and cannot give back."""
    for folder, limit_name, used_name, cache in _group_folders():
        limit, used, statistics = folder / limit_name, folder / used_name, folder / "memory.stat"
        if not limit.is_file() or not used.is_file() or (most := limit.read_text().strip()) == "max":
            continue
        if int(most) >= _UNLIMITED:
            continue
        parts = dict(line.split() for line in statistics.read_text().splitlines()) if statistics.is_file() else {}
        yield int(most), int(used.read_text()) - int(parts.get(cache, 0))


def _group_folders() -> Iterator[tuple[Path, str, str, str]]:
    """The folders of the groups of version 2 and of version 1, from the own group up to the outermost."""
    lines = _OWN_GROUPS.read_text().splitlines() if _OWN_GROUPS.is_file() else []
    entries = [line.split(":", 2) for line in lines if line.count(":") >= 2]
    two = next((path for number, _, path in entries if number == "0"), "/")
    one = next((path for _, kinds, path in entries if "memory" in kinds.split(",")), "/")
    for folder in _upwards(_GROUPS, two):
        yield folder, "memory.max", "memory.current", "inactive_file"
    for folder in _upwards(_GROUPS / "memory", one):
        yield folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"


def _upwards(root: Path, group: str) -> list[Path]:
    # In a container the path may be that of the machine, of which only the own part is mounted.
    own = root.joinpath(*(part for part in group.split("/") if part not in ("", "..")))
    return [folder for folder in (own, *own.parents) if folder == root or root in folder.parents]
