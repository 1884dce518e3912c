"""How fast the analysis is, compared with building the network and running torchinfo, fvcore or ptflops, on the CPU.

    python -m benchmarks.analysis [--rounds 5] [--presets resnet18 resnet152 ...]

The candidates alternate in one process, so that a busy machine slows all of them, and the best of each counts; what
matters is the ratio. Ends with status 1 where it is below the limit. Peak memory is that of a process of its own,
beyond its imports, as a share of torchinfo's. "cached" is the time of a second analysis of the same network.
"""

import argparse
import contextlib
import gc
import io
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
import torchinfo
from torch import nn

from cnnlab.analysis.costs import analyse
from cnnlab.architectures import NetworkSpec, family_of, preset
from cnnlab.building import arguments, diagnose, examine
from cnnlab.walk.rules import weighted

ROOT = Path(__file__).parents[1]
PRESETS = ["resnet18", "resnet152", "densenet201", "inception_v3", "mobilenet_v2", "vgg16"]


def built(spec: NetworkSpec) -> nn.Module:
    """The network as torch initialises it."""
    return family_of(spec).network(**arguments(spec)).eval()


def shape(spec: NetworkSpec) -> tuple[int, int, int, int]:
    """One image."""
    return (1, spec.in_channels, spec.image_size, spec.image_size)


MIN_RATIO = 6.0
MIN_RATIOS = {"densenet201": 4.0, "mobilenet_v2": 4.0}
"""How many times as long building the network and running torchinfo takes, at least."""

CACHES = [analyse, examine, diagnose, *(rule for rule in vars(weighted).values() if hasattr(rule, "cache_clear"))]


def ours(spec: NetworkSpec) -> None:
    for cached in CACHES:
        cached.cache_clear()
    report = analyse(spec)
    assert report.params + report.macs + report.activation_bytes


def by_torchinfo(spec: NetworkSpec) -> None:
    torchinfo.summary(built(spec), input_size=shape(spec), verbose=0)


def by_fvcore(spec: NetworkSpec) -> None:
    from fvcore.nn import FlopCountAnalysis

    found = FlopCountAnalysis(built(spec), torch.zeros(shape(spec)))
    found.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()


def by_ptflops(spec: NetworkSpec) -> None:
    from ptflops import get_model_complexity_info

    get_model_complexity_info(built(spec), shape(spec)[1:], as_strings=False, print_per_layer_stat=False)


CANDIDATES: dict[str, Callable[[NetworkSpec], None]] = {
    "ours": ours,
    "torchinfo": by_torchinfo,
    "fvcore": by_fvcore,
    "ptflops": by_ptflops,
}


def seconds(work: Callable[[NetworkSpec], None], spec: NetworkSpec) -> float:
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
        work(spec)
    return time.perf_counter() - began


def peak_bytes(candidate: str, name: str) -> int:
    """Peak memory of a process of its own during the analysis, beyond what it had before."""
    command = [sys.executable, "-m", "benchmarks.analysis", "--memory-of", candidate, "--presets", name]
    return int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def print_peak(candidate: str, name: str) -> None:
    # The first analysis imports what is only imported when it is needed.
    seconds(CANDIDATES[candidate], preset("lenet5_d2l"))
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before = resident("VmRSS")
    seconds(CANDIDATES[candidate], preset(name))
    print(max(resident("VmHWM") - before, 0))


def resident(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith(field)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--presets", nargs="+", default=PRESETS)
    parser.add_argument("--memory-of", choices=CANDIDATES, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    if chosen.memory_of:
        print_peak(chosen.memory_of, chosen.presets[0])
        return
    for candidate in CANDIDATES.values():
        seconds(candidate, preset("lenet5_d2l"))
    gc.collect()
    gc.freeze()
    others = [name for name in CANDIDATES if name != "ours"]
    print(f"{'':14}{'ours':>9}" + "".join(f"{name:>20}" for name in others) + f"{'memory, share':>16}{'cached':>11}")
    is_slow = False
    for name in chosen.presets:
        spec = preset(name)
        best = dict.fromkeys(CANDIDATES, float("inf"))
        for _ in range(chosen.rounds):
            for candidate, work in CANDIDATES.items():
                best[candidate] = min(best[candidate], seconds(work, spec))
        analyse(spec)
        cached = min(seconds(analyse, spec) for _ in range(100))
        memory = peak_bytes("ours", name) / max(peak_bytes("torchinfo", name), 1)
        each = "".join(f"{1000 * best[c]:9.1f} ms {best[c] / best['ours']:5.1f}x" for c in others)
        is_slow |= best["torchinfo"] < MIN_RATIOS.get(name, MIN_RATIO) * best["ours"]
        print(f"{name:14}{1000 * best['ours']:6.1f} ms{each}{memory:16.3f}{1e6 * cached:8.1f} µs", flush=True)
    sys.exit(is_slow)


if __name__ == "__main__":
    main()
