"""Why a network gives an answer, computed in a process of its own."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait

from torch import Tensor, nn

from cnnlab.insight.attribution import Attribution
from cnnlab.insight.attribution.methods import ATTRIBUTION_METHODS
from cnnlab.runs.isolated.network import Json, network_of, tensor_json, tensor_of
from cnnlab.runs.isolated.results import results_of
from cnnlab.words.sentence import Sentence

PROGRESS_SECONDS = 0.2
"""How often the process says how many images have passed the network."""


def attribution_task(arguments: Json) -> Iterator[Json]:
    """What the process does: it says how many images have passed the network, and gives the attribution."""
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


def attribution_of(
    method: str, network: Json, images: Tensor, target: int
) -> Generator[float | Attribution | None, None, None]:
    """The share that is done, from 0 to 1, and at last the attribution; None where nothing came for a while.

    `network` is made by `network_json`, and `images` (1, C, H, W) are its input. Raises `ComputationFailed`.
    """
    total = ATTRIBUTION_METHODS[method].forwards(images.shape[-1])
    arguments = {"method": method, "network": network, "images": tensor_json(images), "target": target}
    results = results_of("attribution", arguments)
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
