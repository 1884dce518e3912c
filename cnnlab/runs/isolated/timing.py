"""How long networks take, measured in a process of its own."""

import os
from collections.abc import Generator, Sequence

from cnnlab.analysis.timing.latency import PASSES, Pass, Timing
from cnnlab.analysis.timing.roofline import Machine
from cnnlab.architectures import NetworkSpec, family_of
from cnnlab.runs.isolated.results import results_of
from cnnlab.runs.machine import num_cores

_machines: dict[str, Machine] = {}
"""The devices whose peaks are known; they do not change."""


def timings_of(
    specs: Sequence[NetworkSpec], device: str, batch_sizes: Sequence[int], passes: Sequence[Pass] = PASSES
) -> Generator[tuple[int, Timing] | None, None, None]:
    """The index of a network and a timing of it, and None where nothing came for a while.

    Raises `ComputationFailed`, after all times that could be measured.
    """
    networks = [(family_of(spec).name, spec.values) for spec in specs]
    arguments = {"device": device, "networks": networks, "batch_sizes": batch_sizes, "passes": passes}
    results = results_of("timings", {**arguments, "machine": device not in _machines})
    try:
        for result in results:
            if result is None:
                yield None
            elif "machine" in result:
                _machines[device] = Machine(**result["machine"])
            else:
                yield result["number"], Timing(**result["timing"])
    finally:
        results.close()


def machine_of(device: str) -> Machine:
    """The peak of a device, once something was timed on it."""
    return _machines[device]


def load() -> float:
    """The share of the processor's cores that are busy, on average of the last minute; 0 where it is not reported."""
    return os.getloadavg()[0] / num_cores() if hasattr(os, "getloadavg") else 0.0
