"""An attribution as JSON: its maps as the bytes of their float32 numbers."""

import base64
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnnlab.insight.attribution import Attribution
from cnnlab.words.sentence import Sentence


def written_attribution(found: Attribution) -> dict[str, Any]:
    """What `read_attribution` makes the same attribution of."""
    return {
        "target": found.target,
        "probability": found.probability,
        "values": _written(found.values),
        "random_values": _written(found.random_values),
        "rank_correlation": found.rank_correlation,
        "check": found.check.stored(),
        "problem": None if found.problem is None else found.problem.stored(),
    }


def read_attribution(text: dict[str, Any]) -> Attribution:
    """The attribution that was written."""
    return Attribution(
        target=text["target"],
        probability=text["probability"],
        values=_read(text["values"]),
        random_values=_read(text["random_values"]),
        rank_correlation=text["rank_correlation"],
        check=Sentence.from_stored(text["check"]),
        problem=None if text["problem"] is None else Sentence.from_stored(text["problem"]),
    )


def _written(values: Tensor) -> dict[str, Any]:
    numbers = values.numpy().astype("<f4")
    return {"shape": list(values.shape), "numbers": base64.b64encode(numbers.tobytes()).decode()}


def _read(text: dict[str, Any]) -> Tensor:
    numbers = np.frombuffer(base64.b64decode(text["numbers"]), "<f4").reshape(text["shape"])
    return torch.from_numpy(numbers.astype(np.float32))
