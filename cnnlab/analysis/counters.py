"""What other counters of MACs or FLOPs would print for a network, and what each of them adds to ours.

Every total follows from the rows of one pass: the convolution and dense layers, which all count, and parts that only
some do. The tools themselves are not run. docs/measures.md explains each difference; the tests compare the sums with
what the installed tools say.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cnnlab.analysis.costs import Analysis
from cnnlab.walk import Layer

CORE = "convolutions, dense"
"""The name of the first part of every count: our MACs."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a counter adds for one kind of work; negative where it leaves something out."""

    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class Counter:
    """A tool that counts. `unit` is what it calls its figure, `version` the one whose rules these are.

    `parts` gives, for each name of a part, what it adds for one layer.
    """

    name: str
    unit: str
    version: str
    parts: Mapping[str, Callable[[Layer], int]]


@dataclass(frozen=True, slots=True)
class Count:
    """What a counter would print for a network; the parts, the first of which is ours, add up to the total."""

    counter: Counter
    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        """The figure that the tool prints."""
        return sum(part.amount for part in self.parts)


def counts(analysis: Analysis) -> tuple[Count, ...]:
    """What every counter would print for one image in eval mode.

    >>> from cnnlab.analysis import analyse
    >>> from cnnlab.architectures import preset
    >>> {count.counter.name: count.total for count in counts(analyse(preset("lenet5_d2l")))}["torchinfo"]
    423038
    """
    return tuple(_count(analysis, counter) for counter in COUNTERS)


def _count(analysis: Analysis, counter: Counter) -> Count:
    sums = {name: sum(map(part, analysis.rows)) for name, part in counter.parts.items()}
    return Count(counter, (Part(CORE, analysis.macs), *(Part(name, n) for name, n in sums.items() if n)))


def _inputs(row: Layer) -> int:
    return math.prod(row.input_shape)


def _positions(row: Layer) -> int:
    return math.prod(row.output_shape[1:]) if row.geometry is not None else math.prod(row.output_shape[:-1])


def _biases(row: Layer) -> int:
    """One addition for each output of a layer that has biases."""
    return row.biases * _positions(row) if row.macs else 0


def _is_module(row: Layer) -> bool:
    return row.type[0].isupper()


def _torchinfo_biases(row: Layer) -> int:
    return row.biases * (_positions(row) if row.geometry is not None else 1) if row.macs else 0


def _torchinfo_norms(row: Layer) -> int:
    return row.weights + row.biases if row.kind == "norm" and _is_module(row) else 0


def _torchinfo_places(row: Layer) -> int:
    return row.weights - row.macs if row.kind == "dense" else 0


def _fvcore_norms(row: Layer) -> int:
    scales = {"batch_norm": (1, 2), "group_norm": (4, 5), "layer_norm": (4, 5)}
    return _inputs(row) * scales.get(row.function, (0, 0))[row.weights > 0]


def _fvcore_pools(row: Layer) -> int:
    return _inputs(row) if row.function == "adaptive_avg_pool2d" else 0


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
    # Two products, a sum, and a pooling over channels, to which margins have been added.
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


def _torchprofile_products(row: Layer) -> int:
    return row.activation_elements if row.function in {"mul", "leaky_relu"} else 0


COUNTERS = (
    Counter(
        "torchinfo",
        "mult-adds",
        "1.8",
        {
            "biases": _torchinfo_biases,
            "scales and shifts": _torchinfo_norms,
            "places beyond the first": _torchinfo_places,
        },
    ),
    Counter("torch.utils.flop_counter", "FLOPs", "2.11 and later", {"additions": lambda row: row.macs}),
    Counter("fvcore", "FLOPs", "0.1.5", {"normalisations": _fvcore_norms, "poolings": _fvcore_pools}),
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
        {"normalisations": _torchprofile_norms, "poolings": _torchprofile_pools, "products": _torchprofile_products},
    ),
)
