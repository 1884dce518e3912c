"""Why a network gives an answer, computed in a process of its own."""

from collections.abc import Generator
from pathlib import Path

from cnnlab.architectures import NetworkSpec, family_of
from cnnlab.insight.attribution import Attribution
from cnnlab.insight.attribution.methods import ATTRIBUTION_METHODS
from cnnlab.runs.isolated.attribution_text import read_attribution
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
        "method": method,
        "family": family_of(spec).name,
        "spec": spec.values,
        "recipe": recipe.values,
        "checkpoint": None if checkpoint is None else str(checkpoint),
        "image": image,
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
