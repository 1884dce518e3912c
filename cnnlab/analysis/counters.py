"""What other counters of MACs or FLOPs would print for a network, and what each of them adds to ours.

Every total follows from the rows of one pass: the convolution and dense layers, which all tools count, and
contributions that only some count. The tools themselves are not run. docs/measures.md explains each difference; the
tests compare the sums with the installed tools.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cnnlab.analysis.costs import Analysis
from cnnlab.walk import Layer

OUR_MACS = "convolutions, dense"
"""The name of the first contribution to every count: our MACs."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a counter adds for one kind of operation; negative where it omits something."""

    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class Counter:
    """A tool that counts. `unit` is its name for the figure, `version` the one that has these rules.

    `contributions` has functions that give what each contribution adds for one layer, by its name.
    """

    name: str
    unit: str
    version: str
    contributions: Mapping[str, Callable[[Layer], int]]


@dataclass(frozen=True, slots=True)
class Count:
    """What a counter would print for a network, as a sum that begins with our MACs."""

    counter: Counter
    contributions: tuple[Contribution, ...]

    @property
    def total(self) -> int:
        """The figure that the tool prints."""
        return sum(contribution.amount for contribution in self.contributions)


def counts(analysis: Analysis) -> tuple[Count, ...]:
    """What every counter would print for one image in eval mode.

    >>> from cnnlab.analysis import analyse
    >>> from cnnlab.architectures import preset
    >>> {count.counter.name: count.total for count in counts(analyse(preset("lenet5_d2l")))}["torchinfo"]
    423038
    """
    found = []
    for counter in COUNTERS:
        sums = {name: sum(map(amount_of, analysis.rows)) for name, amount_of in counter.contributions.items()}
        further = [Contribution(name, amount) for name, amount in sums.items() if amount]
        found.append(Count(counter, (Contribution(OUR_MACS, analysis.macs), *further)))
    return tuple(found)


def _inputs(row: Layer) -> int:
    return math.prod(row.input_shape)


def _positions(row: Layer) -> int:
    return math.prod(row.output_shape[1:]) if row.geometry is not None else math.prod(row.output_shape[:-1])


def _biases(row: Layer) -> int:
    """One addition for each output of a layer with biases."""
    return row.biases * _positions(row) if row.macs else 0


def _is_module(row: Layer) -> bool:
    return row.type[0].isupper()


def _torchinfo_biases(row: Layer) -> int:
    return _biases(row) if row.geometry is not None else row.biases * (row.kind == "dense")


def _fvcore_norms(row: Layer) -> int:
    scales = {"batch_norm": (1, 2), "group_norm": (4, 5), "layer_norm": (4, 5)}
    return _inputs(row) * scales.get(row.function, (0, 0))[row.weights > 0]


def _ptflops_norms(row: Layer) -> int:
    scale = {"BatchNorm2d": (1, 2), "GroupNorm": (1, 2), "LayerNorm": (1, 1)}.get(row.type, (0, 0))
    return _inputs(row) * scale[row.weights > 0]


def _ptflops_activations(row: Layer) -> int:
    as_module = row.type in {"ReLU", "PReLU", "ELU", "LeakyReLU", "ReLU6", "GELU"}
    as_function = row.function in {"relu", "gelu", "silu"}
    return _inputs(row) * (as_module + as_function)


def _ptflops_pools(row: Layer) -> int:
    return _inputs(row) * (1 + _is_module(row)) if row.kind == "pooling" and row.function != "mean" else 0


def _ptflops_response_norms(row: Layer) -> int:
    # Two products, a sum, and a pooling over channels, which have been padded.
    if row.function != "local_response_norm":
        return 0
    return 4 * _inputs(row) + (row.num_neighbours - 1) * math.prod(row.input_shape[1:])


def _thop_norms(row: Layer) -> int:
    counted = row.type in {"BatchNorm2d", "LayerNorm"}
    return _inputs(row) * (4 if row.weights else 2) * counted


def _thop_pools(row: Layer) -> int:
    if row.type == "AvgPool2d":
        return row.activation_elements
    if row.type != "AdaptiveAvgPool2d":
        return 0
    cells = math.prod(row.input_shape[1:]) / math.prod(row.output_shape[1:])
    return int((cells + 1) * row.activation_elements)


def _torchprofile_norms(row: Layer) -> int:
    if row.function == "local_response_norm":
        return 2 * _inputs(row)
    return _inputs(row) if row.kind == "norm" and row.weights else 0


def _torchprofile_pools(row: Layer) -> int:
    if row.function == "local_response_norm":
        return _inputs(row)
    return row.activation_elements if row.function in {"adaptive_avg_pool2d", "avg_pool2d", "mean"} else 0


COUNTERS = (
    Counter(
        "torchinfo",
        "mult-adds",
        "1.8",
        {
            "biases": _torchinfo_biases,
            "scales and shifts": lambda row: row.weights + row.biases if row.kind == "norm" and _is_module(row) else 0,
            "positions beyond the first": lambda row: row.weights - row.macs if row.kind == "dense" else 0,
        },
    ),
    Counter("torch.utils.flop_counter", "FLOPs", "2.11 and later", {"additions": lambda row: row.macs}),
    Counter(
        "fvcore",
        "FLOPs",
        "0.1.5",
        {
            "normalisations": _fvcore_norms,
            "poolings": lambda row: _inputs(row) if row.function == "adaptive_avg_pool2d" else 0,
        },
    ),
    Counter(
        "ptflops, PyTorch backend",
        "MACs",
        "0.7.5",
        {
            "biases": _biases,
            "normalisations": _ptflops_norms,
            "activations": _ptflops_activations,
            "poolings": _ptflops_pools,
            "response normalisations": _ptflops_response_norms,
        },
    ),
    Counter("ptflops, ATen backend", "MACs", "0.7.5", {"biases": _biases}),
    Counter("thop", "MACs", "0.1.1", {"normalisations": _thop_norms, "poolings": _thop_pools}),
    Counter(
        "torchprofile",
        "MACs",
        "0.1.0",
        {
            "normalisations": _torchprofile_norms,
            "poolings": _torchprofile_pools,
            "products": lambda row: row.activation_elements if row.function in {"mul", "leaky_relu"} else 0,
        },
    ),
)
