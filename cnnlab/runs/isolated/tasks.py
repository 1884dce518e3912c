"""What an isolated process can compute: each task takes and yields what JSON can write."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cnnlab.analysis import analyse
from cnnlab.analysis.timing.latency import latencies
from cnnlab.analysis.timing.roofline import measure_machine
from cnnlab.architectures import FAMILIES
from cnnlab.data import adapt, load
from cnnlab.runs.trained import stored_network
from cnnlab.training.classical.methods import classical_methods
from cnnlab.training.free_memory import free_memory
from cnnlab.training.range_test import range_test
from cnnlab.training.recipe import Recipe

Json = dict[str, Any]

PROGRESS_SECONDS = 0.3
"""How often a computation in one piece says how far it is."""


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
    yield from map(asdict, classical_methods(Recipe(**arguments["recipe"])))


def _attribution(arguments: Json) -> Iterator[Json]:
    # captum takes two seconds to import, which other tasks need not wait for.
    from cnnlab.insight.attribution.methods import ATTRIBUTION_METHODS
    from cnnlab.runs.isolated.insight_text import written_attribution

    network, images = _network(arguments, arguments["checkpoint"]), _images(arguments)
    passed = [0]  # of images; the copies of the network that the method works on have this hook as well
    network.register_forward_pre_hook(lambda _, inputs: passed.append(passed.pop() + len(inputs[0])))
    with ThreadPoolExecutor(1) as executor:
        explain = ATTRIBUTION_METHODS[arguments["method"]].explain
        future = executor.submit(explain, network, images, arguments["target"])
        while wait([future], PROGRESS_SECONDS).not_done:
            yield {"passed": passed[-1]}
    yield {"attribution": written_attribution(future.result())}


def _fields(arguments: Json) -> Iterator[Json]:
    from cnnlab.insight.field import effective_field
    from cnnlab.runs.isolated.insight_text import written_field

    images, unit = _images(arguments), {"channel": arguments["channel"], "cell": tuple(arguments["cell"])}
    for checkpoint in arguments["checkpoints"]:
        found = effective_field(_network(arguments, checkpoint), arguments["layer"], images, **unit)
        yield {"field": written_field(found)}


def _network(arguments: Json, checkpoint: str | None) -> nn.Module:
    spec = FAMILIES[arguments["family"]].spec(**arguments["spec"])
    return stored_network(spec, Recipe(**arguments["recipe"]), None if checkpoint is None else Path(checkpoint))


def _images(arguments: Json) -> Tensor:
    """The test image of that number."""
    spec, recipe = FAMILIES[arguments["family"]].spec(**arguments["spec"]), Recipe(**arguments["recipe"])
    data = adapt(load(recipe.dataset), spec, recipe)
    return data.batch(data.test_images, torch.tensor([arguments["image"]]))


TASKS: dict[str, Callable[[Json], Iterator[Json]]] = {
    "timings": _timings,
    "range test": _range_test,
    "classical methods": _classical_methods,
    "attribution": _attribution,
    "fields": _fields,
}
"""The computations by their names."""
