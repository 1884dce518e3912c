"""The parameters of a network: how many each tensor has, and how their values are distributed."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from cnnlab.architectures import NetworkSpec
from cnnlab.training.initialise import initial_network
from cnnlab.training.recipe import INITIALISATION_NAMES

if TYPE_CHECKING:
    import pandas as pd

NUM_BINS = 40
"""Bins of a histogram, unless another number is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterTensor:
    """One parameter tensor and the distribution of its values.

    `std` is the standard deviation of the values themselves, without Bessel's correction. `counts` are the values in
    the bins between `edges`, of which there is one more; values that are infinite or not a number are in no bin, and
    only `num_not_finite` counts them. Without any finite value the statistics are NaN, and there are no bins.
    """

    name: str
    shape: tuple[int, ...]
    count: int
    mean: float
    std: float
    smallest: float
    largest: float
    num_zeros: int
    num_not_finite: int
    edges: tuple[float, ...] = field(repr=False)
    counts: tuple[int, ...] = field(repr=False)


def parameter_tensors(network: nn.Module, num_bins: int = NUM_BINS) -> tuple[ParameterTensor, ...]:
    """All parameter tensors in the network's order; one that several layers share comes once.

    >>> [(tensor.name, tensor.shape, tensor.count) for tensor in parameter_tensors(nn.Linear(3, 2))]
    [('weight', (2, 3), 6), ('bias', (2,), 2)]
    """
    return tuple(_described(name, parameter.detach(), num_bins) for name, parameter in network.named_parameters())


def _described(name: str, values: Tensor, num_bins: int) -> ParameterTensor:
    flat = values.flatten().to("cpu", torch.float64)
    finite = flat[flat.isfinite()]
    mean = std = smallest = largest = math.nan
    edges, counts = torch.zeros(0), torch.zeros(0)
    if len(finite):
        mean, std = finite.mean().item(), finite.std(correction=0).item()
        smallest, largest = finite.min().item(), finite.max().item()
        # float64, so that the edges of a narrow range are apart.
        counts, edges = torch.histogram(finite, num_bins)
    return ParameterTensor(
        name=name,
        shape=tuple(values.shape),
        count=values.numel(),
        mean=mean,
        std=std,
        smallest=smallest,
        largest=largest,
        num_zeros=int((flat == 0).sum()),
        num_not_finite=len(flat) - len(finite),
        edges=tuple(edges.tolist()),
        counts=tuple(map(int, counts.tolist())),
    )


def frame(tensors: Iterable[ParameterTensor]) -> "pd.DataFrame":
    """The tensors as a table without their histograms, with their names as its index.

    >>> list(frame(parameter_tensors(nn.Linear(3, 2))).columns)
    ['shape', 'count', 'mean', 'std', 'smallest', 'largest', 'num_zeros', 'num_not_finite']
    """
    import pandas as pd

    return pd.DataFrame(map(asdict, tensors)).drop(columns=["edges", "counts"]).set_index("name")


def initialisations(spec: NetworkSpec, seed: int, num_bins: int = NUM_BINS) -> dict[str, tuple[ParameterTensor, ...]]:
    """The parameter tensors before the first step of a training with this seed, for each initialisation of a recipe.

    torch's random state stays as it is. Raises `Refused` if the network cannot be built.

    >>> from cnnlab.architectures import preset
    >>> found = initialisations(preset("lenet5_tutorial"), seed=0)
    >>> {name: round(tensors[0].std, 3) for name, tensors in found.items()}  # of 6 filters of 5x5
    {'default': 0.115, 'xavier': 0.107, 'kaiming': 0.261, 'normal': 0.009}
    """
    found = {}
    for name in INITIALISATION_NAMES:
        found[name] = parameter_tensors(initial_network(spec, name, seed), num_bins)
    return found
