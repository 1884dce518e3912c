"""The formulas and the curve of one layer show its costs."""

import re

import plotly.graph_objects as go
import pytest

from cnnlab.analysis.convolution.one_layer import OneLayer, layer_costs
from cnnlab.figures.convolution.layer_formula import cost_formulas, ratio_formula, side_formula
from cnnlab.figures.convolution.separable_ratio import CHANNELS, describe_ratio, ratio_curves
from cnnlab.figures.palette import Theme

LAYER = OneLayer(in_channels=32, out_channels=64, groups=4, image_size=112)


def numbers(formula: str) -> list[int]:
    """What stands in bold, as whole numbers."""
    return [int(found.replace(r"\,", "")) for found in re.findall(r"\\mathbf{([\d\\,]+)}", formula)]


def test_the_formulas_end_in_the_prices() -> None:
    costs = layer_costs(LAYER)
    standard, grouped, depthwise, pointwise, both = numbers(cost_formulas(LAYER))
    assert standard == costs["standard"].macs
    assert grouped == costs["grouped"].macs
    assert [depthwise, pointwise] == [layer.macs for layer in costs["depthwise_separable"].layers]
    assert both == depthwise + pointwise


def test_on_a_phone_the_numbers_are_below_the_symbols() -> None:
    for write in (cost_formulas, ratio_formula):
        assert numbers(write(LAYER, is_narrow=True)) == numbers(write(LAYER))
        assert "&" not in write(LAYER, is_narrow=True)


def test_the_numbers_are_put_in() -> None:
    assert r"K^2\,d^2\,C\,N & {}= 112^2 \cdot 3^2 \cdot 32 \cdot 64" in cost_formulas(LAYER)
    assert r"\dfrac1{64} + \dfrac1{9} = \dfrac{73}{576} = \mathbf{0.127}" in ratio_formula(LAYER)
    strided = LAYER.replace(stride=2, dilation=2)
    assert side_formula(strided).endswith(
        rf"{{2}}\right\rfloor + 1 = {layer_costs(strided)['standard'].output_shape[1]}"
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("kernel_size", "num_curves"), [(3, 3), (9, 4), (1, 4)])
def test_the_layer_lies_on_its_curve(kernel_size: int, num_curves: int, theme: Theme) -> None:
    layer = LAYER.replace(kernel_size=kernel_size, padding=kernel_size // 2)
    figure = go.Figure(ratio_curves(layer, theme=theme))
    *curves, here = figure.data
    assert len(curves) == num_curves
    own = next(curve for curve in curves if curve.name == f"{kernel_size}×{kernel_size}")
    costs = layer_costs(layer)
    ratio = costs["depthwise_separable"].macs / costs["standard"].macs
    assert here.y[0] == own.y[CHANNELS.index(64)] == pytest.approx(ratio)
    assert figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text
    assert f"{ratio:.3f}" in describe_ratio(layer)
