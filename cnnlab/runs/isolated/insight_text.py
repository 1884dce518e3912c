"""Attributions and receptive fields as JSON: their maps as the bytes of float32 numbers."""

import base64
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnnlab.analysis.receptive_field import ReceptiveField
from cnnlab.insight.attribution import Attribution
from cnnlab.insight.field import EffectiveField
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


def written_field(found: EffectiveField) -> dict[str, Any]:
    """What `read_field` makes the same field of."""
    return {
        "layer": found.layer,
        "channel": found.channel,
        "cell": found.cell,
        "values": _written(found.values),
        "size": found.size,
        "theoretical": asdict(found.theoretical),
        "box": found.box,
        "problem": None if found.problem is None else found.problem.stored(),
    }


def read_field(text: dict[str, Any]) -> EffectiveField:
    """The field that was written."""
    plain: dict[str, Any] = text["theoretical"]
    theoretical = ReceptiveField(
        size=(plain["size"][0], plain["size"][1]),
        stride=(plain["stride"][0], plain["stride"][1]),
        offset=(plain["offset"][0], plain["offset"][1]),
        is_whole=plain["is_whole"],
    )
    top, left, bottom, right = text["box"]
    return EffectiveField(
        layer=text["layer"],
        channel=text["channel"],
        cell=None if text["cell"] is None else (text["cell"][0], text["cell"][1]),
        values=_read(text["values"]),
        size=text["size"],
        theoretical=theoretical,
        box=(top, left, bottom, right),
        problem=None if text["problem"] is None else Sentence.from_stored(text["problem"]),
    )


def _written(values: Tensor) -> dict[str, Any]:
    numbers = values.numpy().astype("<f4")
    return {"shape": list(values.shape), "numbers": base64.b64encode(numbers.tobytes()).decode()}


def _read(text: dict[str, Any]) -> Tensor:
    numbers = np.frombuffer(base64.b64decode(text["numbers"]), "<f4").reshape(text["shape"])
    return torch.from_numpy(numbers.astype(np.float32))
