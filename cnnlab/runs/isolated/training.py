"""Short trainings for a page, each in a process of its own: the learning-rate range test, and classical methods."""

from collections.abc import Generator

from cnnlab.architectures import NetworkSpec, family_of
from cnnlab.runs.isolated.results import results_of
from cnnlab.training.classical.methods import Classical
from cnnlab.training.range_test import RangePoint
from cnnlab.training.recipe import Recipe

MAX_SECONDS_OF_CLASSICAL_METHODS = 600
"""There are a dozen of them, and each is of use without the next."""


def range_test_of(spec: NetworkSpec, recipe: Recipe) -> Generator[RangePoint | None, None, None]:
    """The points of the test, and None where none came for a while. Raises `ComputationFailed`."""
    arguments = {"family": family_of(spec).name, "spec": spec.values, "recipe": recipe.values}
    results = results_of("range test", arguments)
    try:
        for result in results:
            yield None if result is None else RangePoint(**result)
    finally:
        results.close()


def isolated_classical_methods(recipe: Recipe) -> Generator[Classical | None, None, None]:
    """The classical methods on the recipe's images, and None meanwhile. Raises `ComputationFailed`."""
    results = results_of("classical methods", {"recipe": recipe.values}, max_seconds=MAX_SECONDS_OF_CLASSICAL_METHODS)
    try:
        for result in results:
            yield None if result is None else Classical(**result)
    finally:
        results.close()
