"""The layers of a network that have weights, in the order in which the images meet them."""

from dataclasses import dataclass

from torch import Tensor, nn

from cnnlab.architectures import NetworkSpec
from cnnlab.building import examine, skeleton_of


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
    return tuple(name for name, _ in skeleton_of(spec).named_parameters())


def weighted_layers(spec: NetworkSpec) -> tuple[WeightedLayer, ...]:
    """The modules with a weight of two dimensions or more, in the order in which a training image meets them.

    Nothing is computed. The network's shapes have to fit together.

    >>> from cnnlab.architectures import preset
    >>> weighted_layers(preset("lenet5_tutorial"))[0]
    WeightedLayer(name='features.conv1', places=(0,))
    """
    network = skeleton_of(spec)
    numbers = {id(parameter): place for place, parameter in enumerate(network.parameters())}
    called = {layer.path: place for place, layer in reversed(list(enumerate(examine(spec).training.layers)))}
    layers = [WeightedLayer(name, _places(module, numbers)) for name, module in network.named_modules()]
    ordered = sorted(layers, key=lambda layer: called.get(layer.name, len(called)))
    return tuple(layer for layer in ordered if layer.places)


def _places(module: nn.Module, numbers: dict[int, int]) -> tuple[int, ...]:
    own = module.named_parameters(recurse=False)
    return tuple(numbers[id(parameter)] for name, parameter in own if is_weight(name, parameter))
