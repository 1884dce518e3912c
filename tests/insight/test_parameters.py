"""Statistics and histograms of parameters are those of numpy, and initialisations have their theoretical spread."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from cnnlab.architectures import FAMILIES, preset
from cnnlab.building import build
from cnnlab.insight.parameters import frame, initialisations, parameter_tensors
from cnnlab.training import Recipe, Training
from cnnlab.training.recipe import INITIALISATION_NAMES


@pytest.mark.parametrize("name", [family.small for family in FAMILIES.values() if family.small])
def test_every_family(name: str) -> None:
    network = build(preset(name))
    tensors = parameter_tensors(network, num_bins=10)
    assert sum(tensor.count for tensor in tensors) == sum(p.numel() for p in network.parameters())
    for tensor, (known, parameter) in zip(tensors, network.named_parameters(), strict=True):
        values = parameter.detach().numpy().astype(float)
        assert (tensor.name, tensor.shape, tensor.count) == (known, values.shape, values.size)
        assert (tensor.smallest, tensor.largest) == (values.min(), values.max())
        assert tensor.mean == pytest.approx(values.mean(), abs=1e-9)
        assert tensor.std == pytest.approx(values.std(), rel=1e-9)
        assert tensor.num_zeros == (values == 0).sum()
        assert sum(tensor.counts) == tensor.count
        if values.min() < values.max():
            counts, edges = np.histogram(values, 10)
            assert tensor.edges == pytest.approx(edges, rel=1e-9)
            # A value that is on an edge up to a rounding may be on either side.
            assert np.abs(np.cumsum(counts) - np.cumsum(tensor.counts)).max() <= 1


def test_initialisations_have_the_spread_of_their_formulas() -> None:
    spec = preset("lenet5_tutorial")
    found = initialisations(spec, seed=1)
    assert found.keys() == INITIALISATION_NAMES.keys()
    fan_in, fan_out = 400, 120  # the first dense layer's
    expected = {
        "default": 1 / math.sqrt(3 * fan_in),
        "xavier": math.sqrt(2 / (fan_in + fan_out)),
        "kaiming": math.sqrt(2 / fan_in),
        "normal": 0.01,
    }
    for name, std in expected.items():
        by_name = {tensor.name: tensor for tensor in found[name]}
        dense = by_name["classifier.dense1.weight"]
        assert dense.shape == (fan_out, fan_in)
        assert dense.std == pytest.approx(std, rel=0.02)
        bias = by_name["classifier.dense1.bias"]
        assert (bias.num_zeros == bias.count) == (name != "default")


@pytest.mark.parametrize("name", INITIALISATION_NAMES)
def test_they_are_those_that_a_training_begins_with(name: str) -> None:
    spec = preset("lenet5_tutorial")
    state = torch.random.get_rng_state()
    found = initialisations(spec, seed=7)[name]
    assert torch.random.get_rng_state().equal(state)
    training = Training(spec, Recipe(dataset="digits", seed=7, initialisation=name))
    assert found == parameter_tensors(training.network)


def test_values_that_are_not_finite_are_counted_apart() -> None:
    layer = nn.Linear(2, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[math.nan, math.inf], [1.0, 3.0]]))
        layer.bias.fill_(math.nan)
    weight, bias = parameter_tensors(layer, num_bins=2)
    assert (weight.num_not_finite, weight.mean, weight.std, weight.counts) == (2, 2.0, 1.0, (1, 1))
    assert (bias.num_not_finite, bias.counts, bias.edges) == (2, (), ())
    assert math.isnan(bias.mean)
    assert math.isnan(bias.largest)


def test_the_table_has_a_row_for_each_tensor() -> None:
    table = frame(parameter_tensors(nn.Linear(3, 2)))
    assert table.loc["weight", "shape"] == (2, 3)
    assert table["count"].sum() == 8
