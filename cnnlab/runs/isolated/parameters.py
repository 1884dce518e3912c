"""The parameters of a network, read in a process of its own: for networks that would hold up the pages."""

from collections.abc import Generator, Iterator, Mapping
from functools import cache

from pydantic import TypeAdapter

from cnnlab.architectures import FAMILIES
from cnnlab.insight.parameter_report import ParameterReport, num_parts, parameter_report
from cnnlab.runs.isolated.network import Json, network_of
from cnnlab.runs.isolated.results import results_of


@cache
def _adapter() -> "TypeAdapter[ParameterReport]":
    return TypeAdapter(ParameterReport)


def parameters_task(arguments: Json) -> Iterator[Json]:
    """What the process does: it gives None after each part of the work, and then the report."""
    described = arguments["network"]
    spec = FAMILIES[described["family"]].spec(**described["spec"])
    history = ((int(epoch), network_of(then)) for epoch, then in arguments["history"].items())
    for found in parameter_report(network_of(described), spec, described["seed"], history):
        yield {"report": None if found is None else _adapter().dump_python(found)}


def parameter_report_of(
    network: Json, history: Mapping[int, Json]
) -> Generator[ParameterReport | float | None, None, None]:
    """The share that is done, from 0 to 1, and at last the report; None where nothing came for a while.

    `network` and those of the epochs in `history` are made by `network_json`. Raises `ComputationFailed`.
    """
    results = results_of("parameters", {"network": network, "history": dict(history)})
    done = 0
    try:
        for result in results:
            if result is None:
                yield None
            elif result["report"] is None:
                done += 1
                yield done / num_parts(len(history))
            else:
                yield _adapter().validate_python(result["report"])
    finally:
        results.close()
