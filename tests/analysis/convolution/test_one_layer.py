"""One layer in its kinds: what the formulas say is what the walk through the real layer counts."""

from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from cnnlab.analysis.convolution.one_layer import (
    KINDS,
    LayerAlone,
    OneLayer,
    layer_arguments,
    layer_costs,
    products,
    separable_ratio,
)
from cnnlab.spec import Refused
from tests.strategies import possible_values

FITTING = st.builds(
    lambda per_group, filters, groups, **window: OneLayer(
        in_channels=per_group * groups, out_channels=filters * groups, groups=groups, **window
    ),
    per_group=st.integers(1, 5),
    filters=st.integers(1, 5),
    groups=st.integers(1, 6),
    kernel_size=st.integers(1, 5),
    stride=st.integers(1, 3),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 2),
    image_size=st.integers(9, 30),
)


@given(FITTING)
def test_formulas_and_walk_agree(layer: OneLayer) -> None:
    for kind, cost in layer_costs(layer).items():
        assert cost.macs == sum(product.value for product in products(layer)[kind])


@given(FITTING)
def test_the_ratio_is_one_over_n_plus_one_over_d_squared(layer: OneLayer) -> None:
    costs = layer_costs(layer)
    ratio = separable_ratio(layer.out_channels, layer.kernel_size)
    standard, separable = costs["standard"], costs["depthwise_separable"]
    assert ratio == Fraction(1, layer.out_channels) + Fraction(1, layer.kernel_size**2)
    assert Fraction(separable.macs, standard.macs) == ratio
    assert Fraction(separable.params, standard.params) == ratio
    assert Fraction(costs["grouped"].macs, standard.macs) == Fraction(1, layer.groups)


@settings(max_examples=5)
@given(FITTING)
def test_the_walk_is_what_torch_does(layer: OneLayer) -> None:
    for kind in KINDS:
        network = LayerAlone(**layer_arguments(layer, kind))
        image = torch.zeros(1, layer.in_channels, layer.image_size, layer.image_size)
        with FlopCounterMode(display=False) as counter:
            output = network(image)
        cost = layer_costs(layer)[kind]
        assert cost.macs == counter.get_total_flops() / 2
        assert cost.params == sum(weight.numel() for weight in network.parameters())
        assert cost.output_shape == tuple(output.shape[1:])


@settings(max_examples=50)
@given(possible_values(OneLayer))
def test_what_is_refused_is_what_torch_refuses(values: dict[str, Any]) -> None:
    spec, problems = OneLayer.check(values)
    arguments = {name: value for name, value in values.items() if name != "image_size"}
    with torch.device("meta"):
        try:
            image = torch.empty(1, values["in_channels"], values["image_size"], values["image_size"])
            LayerAlone(convolution="grouped", **arguments)(image)
            works = True
        except (ValueError, RuntimeError):
            works = False
    assert (spec is not None) == works
    assert bool(problems) != works


def test_a_layer_of_mobilenet() -> None:
    costs = layer_costs(OneLayer(in_channels=512, out_channels=512, image_size=14))
    assert costs["standard"].params == 9 * 512 * 512
    assert costs["depthwise_separable"].macs == 14 * 14 * 512 * (9 + 512)
    # The separable kind keeps the map between its halves as well.
    assert costs["standard"].activation_bytes == 4 * 512 * 14 * 14
    assert costs["depthwise_separable"].activation_bytes == 2 * costs["standard"].activation_bytes


def test_what_does_not_fit_says_what_would() -> None:
    with pytest.raises(Refused) as refused:
        OneLayer(in_channels=64, out_channels=96, groups=5, kernel_size=7, padding=0, dilation=2, image_size=10)
    window, groups = refused.value.problems
    assert window.sentence == (
        "The kernel covers 13 pixels, and the padded feature map has only 10: set `image_size` to 13,"
        " or set `dilation` to 1, or set `kernel_size` to 5."
    )
    assert groups.sentence == (
        "`groups` must divide `in_channels` and `out_channels`: 64 / 5 is not a whole number: set `groups` to 4 or 8."
    )
    fitting = OneLayer(in_channels=64, out_channels=96, groups=8, kernel_size=7, padding=0, dilation=2, image_size=13)
    assert layer_costs(fitting)["standard"].output_shape == (96, 1, 1)
