"""One step of training, taken apart in a process of its own: for networks that would hold up the pages."""

from collections.abc import Generator, Iterator
from functools import cache
from typing import Any

import torch
from pydantic import TypeAdapter
from torch import Tensor

from cnnlab.insight.one_step.report import StepReport, step_report
from cnnlab.runs.isolated.network import Json, network_of, tensor_json, tensor_of
from cnnlab.runs.isolated.results import results_of
from cnnlab.training.recipe import Recipe


@cache
def _adapter() -> "TypeAdapter[StepReport]":
    return TypeAdapter(StepReport)


def step_task(arguments: Json) -> Iterator[Json]:
    """What the process does: it says that the network is there, then each part of the work, and gives the report."""
    network = network_of(arguments["network"])
    yield {"report": None}
    recipe, labels = Recipe(**arguments["recipe"]), torch.tensor(arguments["labels"])
    for found in step_report(network, tensor_of(arguments["images"]), labels, recipe, arguments["number"]):
        yield {"report": None if found is None else _adapter().dump_python(found)}


def num_parts(number: int) -> int:
    """How many parts the work of a report has, each of which ends with a result."""
    return number + 2


def step_report_of(
    network: Json, images: Tensor, labels: Tensor, recipe: Recipe, number: int
) -> Generator[StepReport | float | None, None, None]:
    """The share that is done, from 0 to 1, and at last the report; None where nothing came for a while.

    `network` is made by `network_json`. Raises `ComputationFailed`.
    """
    arguments: dict[str, Any] = {"network": network, "images": tensor_json(images), "labels": labels.tolist()}
    results = results_of("one step", {**arguments, "recipe": recipe.values, "number": number})
    done = 0
    try:
        for result in results:
            if result is None:
                yield None
            elif result["report"] is None:
                done += 1
                yield done / num_parts(number)
            else:
                yield _adapter().validate_python(result["report"])
    finally:
        results.close()
