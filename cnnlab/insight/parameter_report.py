"""Everything that can be said of a network's parameters, without the network: small enough to keep and to send."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnlab.architectures import NetworkSpec
from cnnlab.insight.parameters import ParameterTensor, parameter_tensors
from cnnlab.training.initialise import initial_network
from cnnlab.training.recipe import INITIALISATION_NAMES

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Of the values that are below each quantile."""

MOST_SORTED = 100_000
"""Values of a tensor that its quantiles are taken of, evenly from all of them: sorting millions takes seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterReport:
    """The tensors of a network, the same of each initialisation, and over the epochs.

    `history` has for each epoch, by the tensors' names, the smallest value, the quantiles of `SHARES`, and the largest;
    None where a value is not finite.
    """

    tensors: tuple[ParameterTensor, ...]
    initialisations: dict[str, tuple[ParameterTensor, ...]]
    history: dict[int, dict[str, tuple[float, ...] | None]]


def num_parts(num_epochs: int) -> int:
    """How many parts the work of a report has."""
    return 1 + len(INITIALISATION_NAMES) + num_epochs


def parameter_report(
    network: nn.Module, spec: NetworkSpec, seed: int, history: Iterable[tuple[int, nn.Module]] = ()
) -> Iterator[ParameterReport | None]:
    """The report of a network of that spec, and None before it, after each part of the work.

    `history` gives the network after each of some epochs, one after the other. torch's random state stays as it is.

    >>> from cnnlab.architectures import preset
    >>> from cnnlab.building import build
    >>> spec = preset("lenet5_tutorial")
    >>> *meanwhile, report = parameter_report(build(spec), spec, seed=0)
    >>> len(meanwhile), len(report.tensors), list(report.initialisations)
    (5, 10, ['default', 'xavier', 'kaiming', 'normal'])
    """
    tensors = parameter_tensors(network)
    yield None
    initialisations = {}
    for name in INITIALISATION_NAMES:
        initialisations[name] = parameter_tensors(initial_network(spec, name, seed))
        yield None
    over_epochs = {}
    for epoch, then in history:
        over_epochs[epoch] = {name: quantiles(parameter) for name, parameter in then.named_parameters()}
        yield None
    yield ParameterReport(tensors=tensors, initialisations=initialisations, history=over_epochs)


def quantiles(values: Tensor) -> tuple[float, ...] | None:
    """The smallest value, the quantiles of `SHARES`, and the largest; None where a value is not finite.

    >>> quantiles(torch.arange(101.0))
    (0.0, 5.0, 25.0, 50.0, 75.0, 95.0, 100.0)
    """
    flat = values.detach().flatten().to("cpu", torch.float64)
    if not len(flat) or not flat.isfinite().all():
        return None
    some = flat[:: -(-len(flat) // MOST_SORTED)]
    between = torch.quantile(some, torch.tensor(SHARES, dtype=torch.float64)).tolist()
    return (flat.min().item(), *between, flat.max().item())
