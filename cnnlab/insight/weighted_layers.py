"""The layers of a network that have weights, in the order in which the images meet them."""

from dataclasses import dataclass

from torch import Tensor, nn

from cnnlab.architectures import NetworkSpec
from cnnlab.bounded_cache import bounded_cache
from cnnlab.building import examine, skeleton_of

MOST_CACHED_TENSORS = 50_000
"""Names of parameter tensors of all networks that are kept, of some hundred bytes each: pages ask every second."""


@dataclass(frozen=True, slots=True)
class WeightedLayer:
    """A layer by its path, and the places of its weights among `network.parameters()`."""

    name: str
    places: tuple[int, ...]


def is_weight(name: str, parameter: Tensor) -> bool:
    """Whether a module's own parameter is a weight: no bias, no factor of a normalisation and none of a block."""
    return name.endswith("weight") and parameter.ndim >= 2


def tensor_names(spec: NetworkSpec) -> tuple[str, ...]:
    """The names of the network's parameter tensors, in the order of `network.parameters()`.

    >>> from cnnlab.architectures import preset
    >>> tensor_names(preset("lenet5_tutorial"))[:2]
    ('features.conv1.weight', 'features.conv1.bias')
    """
    return _found(spec)[0]


def weighted_layers(spec: NetworkSpec) -> tuple[WeightedLayer, ...]:
    """The modules with a weight of two dimensions or more, in the order in which a training image meets them.

    Nothing is computed. The network's shapes have to fit together.

    >>> from cnnlab.architectures import preset
    >>> weighted_layers(preset("lenet5_tutorial"))[0]
    WeightedLayer(name='features.conv1', places=(0,))
    """
    return _found(spec)[1]


@bounded_cache(size=lambda found: len(found[0]), limit=MOST_CACHED_TENSORS)
def _found(spec: NetworkSpec) -> tuple[tuple[str, ...], tuple[WeightedLayer, ...]]:
    network = skeleton_of(spec)
    numbers = {id(parameter): place for place, parameter in enumerate(network.parameters())}
    called = {layer.path: place for place, layer in reversed(list(enumerate(examine(spec).training.layers)))}
    layers = [WeightedLayer(name, _places(module, numbers)) for name, module in network.named_modules()]
    ordered = sorted(layers, key=lambda layer: called.get(layer.name, len(called)))
    names = tuple(name for name, _ in network.named_parameters())
    return names, tuple(layer for layer in ordered if layer.places)


def _places(module: nn.Module, numbers: dict[int, int]) -> tuple[int, ...]:
    own = module.named_parameters(recurse=False)
    return tuple(numbers[id(parameter)] for name, parameter in own if is_weight(name, parameter))
