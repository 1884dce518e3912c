"""What an isolated process can compute: each task takes and yields what JSON can write.

What only one task needs is imported by it: scikit-learn and captum take seconds, which the others need not wait for.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import torch

from cnnlab.analysis import analyse
from cnnlab.analysis.timing.latency import latencies
from cnnlab.analysis.timing.roofline import measure_machine
from cnnlab.architectures import FAMILIES
from cnnlab.training.free_memory import free_memory
from cnnlab.training.range_test import range_test
from cnnlab.training.recipe import Recipe

Json = dict[str, Any]


def _timings(arguments: Json) -> Iterator[Json]:
    device = torch.device(arguments["device"])
    if arguments["machine"]:
        yield {"machine": asdict(measure_machine(str(device)))}
    for number, (family, values) in enumerate(arguments["networks"]):
        found = latencies(
            analyse(FAMILIES[family].spec(**values)),
            device=device,
            batch_sizes=arguments["batch_sizes"],
            passes=arguments["passes"],
            free_bytes=free_memory(device),
        )
        for timing in found:
            yield {"number": number, "timing": asdict(timing)}


def _range_test(arguments: Json) -> Iterator[Json]:
    spec = FAMILIES[arguments["family"]].spec(**arguments["spec"])
    yield from map(asdict, range_test(spec, Recipe(**arguments["recipe"])))


def _classical_methods(arguments: Json) -> Iterator[Json]:
    from cnnlab.training.classical.methods import classical_methods

    yield from map(asdict, classical_methods(Recipe(**arguments["recipe"])))


def _attribution(arguments: Json) -> Iterator[Json]:
    from cnnlab.runs.isolated.explaining import attribution_task

    return attribution_task(arguments)


def _fields(arguments: Json) -> Iterator[Json]:
    from cnnlab.runs.isolated.explaining import fields_task

    return fields_task(arguments)


def _one_step(arguments: Json) -> Iterator[Json]:
    from cnnlab.runs.isolated.one_step import step_task

    return step_task(arguments)


def _parameters(arguments: Json) -> Iterator[Json]:
    from cnnlab.runs.isolated.parameters import parameters_task

    return parameters_task(arguments)


TASKS: dict[str, Callable[[Json], Iterator[Json]]] = {
    "timings": _timings,
    "range test": _range_test,
    "classical methods": _classical_methods,
    "attribution": _attribution,
    "fields": _fields,
    "one step": _one_step,
    "parameters": _parameters,
}
"""The computations by their names."""
