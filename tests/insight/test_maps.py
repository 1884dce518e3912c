"""The maps of each layer are what the layer gives, and every layer of the analysis can be asked for."""

import pytest
import torch
from torch import Tensor, nn

from cnnlab.analysis import analyse
from cnnlab.insight.layers import layers_of
from cnnlab.insight.maps import feature_maps
from cnnlab.insight.probe import ProbedNetwork
from tests.insight.small_networks import SPECS, small_network


def sample(family: str, most: int) -> list[int]:
    """The indices of some layers of the network, evenly, and of the last of each type."""
    rows = analyse(SPECS[family]).rows
    last_of_each = {row.type: i for i, row in enumerate(rows)}
    return sorted({*range(0, len(rows), max(len(rows) // most, 1)), *last_of_each.values()})


def check(family: str, indices: list[int]) -> None:
    rows = analyse(SPECS[family]).rows
    network, images = small_network(family)
    layers = layers_of(network, tuple(images.shape[1:]))
    assert [(layer.path, layer.type, layer.output_shape) for layer in layers] == [
        (row.path, row.type, row.output_shape) for row in rows
    ]
    with torch.no_grad():
        expected = network(images)
        for index in indices:
            probed = ProbedNetwork(network, layers, index)
            assert tuple(probed.outputs(images).shape) == (2, *rows[index].output_shape), rows[index].path
            assert torch.equal(probed(images), expected)


@pytest.mark.parametrize("family", SPECS)
def test_layers_of_every_family_can_be_looked_at(family: str) -> None:
    check(family, sample(family, 2))


@pytest.mark.sweep
@pytest.mark.parametrize("family", SPECS)
def test_every_layer_of_every_family_can_be_looked_at(family: str) -> None:
    check(family, list(range(len(analyse(SPECS[family]).rows))))


@pytest.mark.parametrize("family", ["lenet", "resnet", "mobilenet_v3"])
def test_the_maps_are_what_the_module_gives(family: str) -> None:
    network, images = small_network(family)
    rows = analyse(SPECS[family]).rows
    names = [rows[index].path for index in sample(family, 3)]
    given: dict[str, Tensor] = {}
    for name in names:
        network.get_submodule(name).register_forward_hook(
            lambda _module, _inputs, output, name=name: given.update({name: output})
        )
    with torch.no_grad():
        network(images)
    for name in names:
        found = feature_maps(network, images, name)
        inside = [row for row in rows if row.path == name or row.path.startswith(f"{name}.")]
        assert found.layer == name
        assert found.type == [row.type for row in rows if row.path == name][-1]
        # What an operation gives is what its block gives, where the block ends with it.
        if inside[-1].path == name:
            assert torch.equal(found.values, given[name]), name


def test_an_addition_in_place_does_not_overwrite_the_map_before() -> None:
    network, images = small_network("torchvision")
    before = feature_maps(network, images, "features.3.block.2.0").values
    found = feature_maps(network, images, "features.3.block.2.1").values
    with torch.no_grad():
        assert torch.equal(found, network.features[3].block[2][1](before))


def test_an_activation_in_place_does_not_overwrite_the_map_before() -> None:
    network, images = small_network("torchvision")
    found = feature_maps(network, images, "features.2.block.0.1").values
    assert (found < 0).any()
    assert torch.equal(feature_maps(network, images, "features.2.block.0.2").values, found.relu())


def test_of_a_layer_that_is_called_twice_the_last_call_is_meant() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(1, 1, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(self.layer(x))

    network, images = Twice(), torch.rand(1, 1, 8, 8)
    with torch.no_grad():
        assert torch.equal(feature_maps(network, images, "layer").values, network(images))
