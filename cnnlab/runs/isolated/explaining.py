"""Why a network gives an answer, and what a unit of it sees, computed in a process of its own."""

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache

from pydantic import TypeAdapter
from torch import Tensor, nn

from cnnlab.analysis.receptive_field import ReceptiveField
from cnnlab.insight.attribution.result import Attribution
from cnnlab.insight.field import EffectiveField, effective_field
from cnnlab.runs.isolated.network import Json, network_of, tensor_json, tensor_of
from cnnlab.runs.isolated.results import results_of
from cnnlab.words.sentence import Sentence

PROGRESS_SECONDS = 0.2
"""How often the process says how many images have passed the network."""

MAX_SECONDS = 600
"""Others wait meanwhile; the largest network that a page looks into takes two minutes for its slowest map."""


def attribution_task(arguments: Json) -> Iterator[Json]:
    """What the process does: it says how many images have passed the network, and gives the attribution."""
    # captum takes two seconds to import, which other tasks need not wait for.
    from cnnlab.insight.attribution.methods import ATTRIBUTION_METHODS

    network, images = network_of(arguments["network"]), tensor_of(arguments["images"])
    num_passed = 0

    def count(_: nn.Module, inputs: tuple[Tensor]) -> None:
        nonlocal num_passed
        num_passed += len(inputs[0])

    network.register_forward_pre_hook(count)  # copied with the network, which the method works on
    with ThreadPoolExecutor(1) as executor:
        explain = ATTRIBUTION_METHODS[arguments["method"]].explain
        future = executor.submit(explain, network, images, arguments["target"])
        while wait([future], PROGRESS_SECONDS).not_done:
            yield {"passed": num_passed}
    yield {"attribution": attribution_json(future.result())}


def fields_task(arguments: Json) -> Iterator[Json]:
    """What the process does: the field of the unit in each of the networks."""
    images, unit = tensor_of(arguments["images"]), {"channel": arguments["channel"], "cell": tuple(arguments["cell"])}
    for network in arguments["networks"]:
        yield {"field": field_json(effective_field(network_of(network), arguments["layer"], images, **unit))}


def attribution_of(
    method: str, network: Json, images: Tensor, target: int
) -> Generator[float | Attribution | None, None, None]:
    """The share that is done, from 0 to 1, and at last the attribution; None where nothing came for a while.

    `network` is made by `network_json`, and `images` (1, C, H, W) are its input. Raises `ComputationFailed`.
    """
    from cnnlab.insight.attribution.methods import ATTRIBUTION_METHODS

    total = ATTRIBUTION_METHODS[method].forwards(images.shape[-1])
    arguments = {"method": method, "network": network, "images": tensor_json(images), "target": target}
    results = results_of("attribution", arguments, max_seconds=MAX_SECONDS)
    try:
        for result in results:
            if result is None:
                yield None
            elif "passed" in result:
                yield min(result["passed"] / total, 1.0)
            else:
                yield attribution_from(result["attribution"])
    finally:
        results.close()


def fields_of(
    networks: Sequence[Json], images: Tensor, *, layer: str, channel: int | None, cell: tuple[int, int]
) -> Generator[float | list[EffectiveField] | None, None, None]:
    """The share that is done, and at last the field of a unit in each of the networks, as `attribution_of` yields.

    Raises `ComputationFailed`.
    """
    unit = {"layer": layer, "channel": channel, "cell": cell}
    results = results_of("fields", {"networks": list(networks), "images": tensor_json(images), **unit})
    found: list[EffectiveField] = []
    try:
        for result in results:
            if result is None:
                yield None
            else:
                found.append(field_from(result["field"]))
                yield len(found) / len(networks)
        yield found
    finally:
        results.close()


def attribution_json(found: Attribution) -> Json:
    """An attribution as JSON."""
    return {
        "target": found.target,
        "probability": found.probability,
        "values": tensor_json(found.values),
        "random_values": tensor_json(found.random_values),
        "rank_correlation": found.rank_correlation,
        "check": found.check.stored(),
        "problem": None if found.problem is None else found.problem.stored(),
    }


def attribution_from(written: Json) -> Attribution:
    """The attribution of `attribution_json`."""
    return Attribution(
        target=written["target"],
        probability=written["probability"],
        values=tensor_of(written["values"]),
        random_values=tensor_of(written["random_values"]),
        rank_correlation=written["rank_correlation"],
        check=Sentence.from_stored(written["check"]),
        problem=None if written["problem"] is None else Sentence.from_stored(written["problem"]),
    )


@cache
def _receptive_field() -> "TypeAdapter[ReceptiveField]":
    return TypeAdapter(ReceptiveField)


def field_json(found: EffectiveField) -> Json:
    """The field of a unit as JSON."""
    return {
        "layer": found.layer,
        "channel": found.channel,
        "cell": found.cell,
        "values": tensor_json(found.values),
        "size": found.size,
        "theoretical": _receptive_field().dump_python(found.theoretical),
        "box": found.box,
        "problem": None if found.problem is None else found.problem.stored(),
    }


def field_from(written: Json) -> EffectiveField:
    """The field of `field_json`."""
    top, left, bottom, right = written["box"]
    return EffectiveField(
        layer=written["layer"],
        channel=written["channel"],
        cell=None if written["cell"] is None else (written["cell"][0], written["cell"][1]),
        values=tensor_of(written["values"]),
        size=written["size"],
        theoretical=_receptive_field().validate_python(written["theoretical"]),
        box=(top, left, bottom, right),
        problem=None if written["problem"] is None else Sentence.from_stored(written["problem"]),
    )
