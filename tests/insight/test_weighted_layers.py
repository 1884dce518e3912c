"""The layers with weights, found without any, are those that a forward pass meets."""

import pytest

from cnnlab.architectures import NetworkSpec, preset
from cnnlab.building import build
from cnnlab.insight.gradient_flow import gradient_flow
from cnnlab.insight.weighted_layers import tensor_names, weighted_layers
from cnnlab.training import Recipe
from tests.insight.one_step.batches import SMALL, WITH_AUXILIARY_HEADS, network_and_batch


@pytest.mark.parametrize("spec", [*map(preset, SMALL), WITH_AUXILIARY_HEADS], ids=[*SMALL, "with auxiliary heads"])
def test_they_are_in_the_order_of_a_training_step(spec: NetworkSpec) -> None:
    network, images, labels = network_and_batch(spec)
    called = [layer.name for layer in gradient_flow(network, images, labels, Recipe()).layers]
    layers, names = weighted_layers(spec), tensor_names(spec)
    assert [layer.name for layer in layers] == called
    assert names == tuple(name for name, _ in build(spec).named_parameters())
    for layer in layers:
        assert [names[place] for place in layer.places] == [f"{layer.name}.weight"]
