"""A network with its weights, as JSON: described where it is wanted, built or read in the isolated process."""

import base64
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cnnlab.architectures import FAMILIES, NetworkSpec, family_of
from cnnlab.runs.results.trained import read_network
from cnnlab.runs.run import Run
from cnnlab.runs.store.files import epoch_file
from cnnlab.training.initialise import initial_network
from cnnlab.training.recipe import Recipe

Json = dict[str, Any]


def network_json(run: Run | None, spec: NetworkSpec, recipe: Recipe, epoch: int, folder: Path) -> Json:
    """The network of a run of this store's folder after an epoch; without a run, or at epoch 0, the initial one."""
    return {
        "family": family_of(spec).name,
        "spec": spec.values,
        "initialisation": recipe.initialisation,
        "seed": recipe.seed,
        "weights": None if run is None or epoch == 0 else str(epoch_file(folder, run.id, epoch)),
    }


def network_of(described: Json) -> nn.Module:
    """The network of `network_json`, in eval mode. Raises `Refused` and `DamagedCheckpoint`."""
    spec = FAMILIES[described["family"]].spec(**described["spec"])
    if described["weights"] is None:
        return initial_network(spec, described["initialisation"], described["seed"]).eval()
    return read_network(spec, Path(described["weights"]))


def tensor_json(values: Tensor) -> Json:
    """A tensor of floats, every bit of it."""
    raw = values.detach().to("cpu", torch.float32).contiguous().numpy().tobytes()
    return {"shape": list(values.shape), "float32": base64.b64encode(raw).decode()}


def tensor_of(written: Json) -> Tensor:
    """The tensor of `tensor_json`."""
    raw = bytearray(base64.b64decode(written["float32"]))
    return torch.frombuffer(raw, dtype=torch.float32).reshape(written["shape"])
