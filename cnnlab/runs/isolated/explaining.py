"""Why a network gives an answer, and what a unit of it sees, computed in a process of its own."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from cnnlab.architectures import NetworkSpec, family_of
from cnnlab.insight.attribution import Attribution
from cnnlab.insight.attribution.methods import ATTRIBUTION_METHODS
from cnnlab.insight.field import EffectiveField
from cnnlab.runs.isolated.insight_text import read_attribution, read_field
from cnnlab.runs.isolated.results import results_of
from cnnlab.training.recipe import Recipe

MAX_SECONDS = 600
"""Others wait meanwhile; the largest network that a page looks into takes two minutes for its slowest map."""


def attribution_of(
    method: str, spec: NetworkSpec, recipe: Recipe, *, checkpoint: Path | None, image: int, target: int
) -> Generator[float | Attribution | None, None, None]:
    """The share that is done, from 0 to 1, and at last the attribution; None where nothing came for a while.

    `image` is the number of a test image; without a `checkpoint` the network is that before the first step. Raises
    `ComputationFailed`.
    """
    arguments = {
        **_of_image(spec, recipe, image),
        "method": method,
        "checkpoint": None if checkpoint is None else str(checkpoint),
        "target": target,
    }
    total = ATTRIBUTION_METHODS[method].forwards(spec.image_size)
    results = results_of("attribution", arguments, max_seconds=MAX_SECONDS)
    try:
        for result in results:
            if result is None:
                yield None
            elif "passed" in result:
                yield min(result["passed"] / total, 1.0)
            else:
                yield read_attribution(result["attribution"])
    finally:
        results.close()


def fields_of(
    spec: NetworkSpec,
    recipe: Recipe,
    *,
    checkpoints: Sequence[Path | None],
    image: int,
    layer: str,
    channel: int | None,
    cell: tuple[int, int],
) -> Generator[float | list[EffectiveField] | None, None, None]:
    """The share that is done, and at last the field of a unit in each of the networks, as `attribution_of` yields.

    Raises `ComputationFailed`.
    """
    files = [None if checkpoint is None else str(checkpoint) for checkpoint in checkpoints]
    unit = {"layer": layer, "channel": channel, "cell": cell}
    results = results_of("fields", {**_of_image(spec, recipe, image), **unit, "checkpoints": files})
    found: list[EffectiveField] = []
    try:
        for result in results:
            if result is None:
                yield None
            else:
                found.append(read_field(result["field"]))
                yield len(found) / len(files)
        yield found
    finally:
        results.close()


def _of_image(spec: NetworkSpec, recipe: Recipe, image: int) -> dict[str, Any]:
    return {"family": family_of(spec).name, "spec": spec.values, "recipe": recipe.values, "image": image}
