"""What several layers give in one pass is what each gives by itself."""

import pytest
import torch

from cnnlab.insight.layers import layers_of
from cnnlab.insight.probe import ProbedNetwork
from cnnlab.insight.recording import recorded_outputs
from tests.insight.small_networks import SPECS, small_network
from tests.insight.test_maps import sample


@pytest.mark.parametrize("family", SPECS)
def test_recorded_outputs_of_every_family(family: str) -> None:
    network, images = small_network(family)
    layers = layers_of(network, tuple(images.shape[1:]))
    indices = sample(family, 2)
    found = recorded_outputs(network, images, layers, indices)
    assert sorted(found) == indices
    for index in indices[:: max(len(indices) // 3, 1)]:
        with torch.no_grad():
            assert torch.equal(found[index], ProbedNetwork(network, layers, index).outputs(images))
