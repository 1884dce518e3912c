"""The arithmetic of a window adds up to what the network computes, in every family."""

import math

import pytest
import torch
from torch import nn

from cnnlab.insight.layers import layers_of
from cnnlab.insight.maps import feature_maps
from cnnlab.insight.one_layer.of_network import LayerWindow, has_window, layer_window
from cnnlab.insight.one_layer.window import Stage
from cnnlab.spec import Refused
from tests.insight.small_networks import SPECS, small_network


def computed(stage: Stage, row: int, column: int) -> float:
    """What the window gives at a cell of the output, from nothing but the stage."""
    seen, total = [], 0.0
    for tap in stage.taps[0]:
        for i in range(stage.kernel[0]):
            for j in range(stage.kernel[1]):
                values = stage.inputs[tap.channel].values
                y, x = row * stage.stride + i * stage.dilation, column * stage.stride + j * stage.dilation
                is_inside = y < len(values) and x < len(values[0]) and values[y][x] is not None
                value = values[y][x] if is_inside else stage.outside
                if value is not None:
                    seen.append(value)
                    total += value * (1 if tap.weights is None else tap.weights[i][j])
    if stage.combine == "max":
        return max(seen)
    if stage.combine == "mean":
        return total / len(seen)
    return total + sum(addend.values[row][column] for addend in stage.addends)


def check(window: LayerWindow, map_: torch.Tensor) -> None:
    top, left, bottom, right = window.cells
    values = window.stage.outputs[0].values
    assert (len(values), len(values[0])) == (bottom - top, right - left)
    assert window.stage.origin == (top, left)
    largest = float(map_.abs().max())
    assert any(abs(v) == pytest.approx(largest, rel=1e-5) for line in values for v in line)  # the strongest is shown
    for row in {0, len(values) // 2, len(values) - 1}:
        for column in {0, len(values[0]) // 2, len(values[0]) - 1}:
            expected = float(map_[top + row, left + column])
            assert values[row][column] == pytest.approx(expected, rel=1e-5, abs=1e-6)
            assert computed(window.stage, row, column) == pytest.approx(expected, rel=1e-4, abs=1e-5 * largest)


@pytest.mark.parametrize("family", SPECS)
def test_windows_of_every_family_add_up_to_the_maps(family: str) -> None:
    network, images = small_network(family, 1)
    network, images = network.float(), images.float()
    layers = layers_of(network, tuple(images.shape[1:]))
    windowed = [layer for layer in layers if has_window(layer)]
    convolutions = [layer for layer in windowed if layer.kind != "pooling"]
    poolings = {layer.type: layer for layer in windowed if layer.kind == "pooling"}
    oblong = [layer for layer in convolutions if len(set(layer.geometry.kernel)) > 1]
    depthwise = [layer for layer in convolutions if layer.kind == "depthwise"]
    middle = convolutions[len(convolutions) // 2]
    for layer in [convolutions[0], middle, *oblong[:1], *depthwise[-1:], *poolings.values()]:
        channel = layer.output_shape[0] - 1
        map_ = feature_maps(network, images, layer.path).values[0, channel]
        window = layer_window(network, images, layer.path, channel)
        assert len(window.shown) == min(3, window.num_inputs)
        check(window, map_)


@pytest.mark.parametrize("pooling", [nn.AvgPool2d(3, 2, 1), nn.AvgPool2d(3, 2, 1, count_include_pad=False)])
def test_an_average_says_whether_its_padding_counts(pooling: nn.Module) -> None:
    network, images = nn.Sequential(nn.Conv2d(1, 2, 3), pooling, nn.Flatten(), nn.Linear(32, 3)), torch.rand(1, 1, 9, 9)
    window = layer_window(network, images, "1", 1)
    assert window.stage.outside == (0.0 if pooling.count_include_pad else None)
    check(window, feature_maps(network, images, "1").values[0, 1])


def test_a_large_map_is_cut_around_its_strongest_value() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, 7, stride=2, padding=3), nn.Flatten(), nn.Linear(50 * 50, 2))
    images = torch.zeros(1, 1, 100, 100)
    images[0, 0, 90:, 90:] = 1
    window = layer_window(network, images, "0", 0)
    assert max(len(window.stage.inputs[0].values), len(window.stage.inputs[0].values[0])) <= 40
    assert window.map_shape == (50, 50)
    assert window.cells[2:] == (50, 50)
    check(window, feature_maps(network, images, "0").values[0, 0])


def test_what_has_no_window_is_refused() -> None:
    network, images = small_network("lenet", 1)
    with pytest.raises(Refused, match="must be a convolution or a pooling"):
        layer_window(network, images, "features.activation1", 0)
    with pytest.raises(Refused, match="did you mean features"):
        layer_window(network, images, "features.conv22", 0)
    with pytest.raises(Refused, match="from 0 to 5"):
        layer_window(network, images, "features.conv1", 6)


def test_the_channels_that_are_shown_contribute_most() -> None:
    network = nn.Sequential(nn.Conv2d(5, 1, 1, bias=False), nn.Flatten(), nn.Linear(16, 2))
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([1.0, 5.0, 0.5, -4.0, 3.0]).view(1, 5, 1, 1))
    window = layer_window(network, torch.ones(1, 5, 4, 4), "0", 0)
    assert window.shown == (1, 3, 4)
    (rest,) = window.stage.addends
    assert rest.values[0][0] == pytest.approx(1.5)
    assert math.isclose(computed(window.stage, 0, 0), 5.5, rel_tol=1e-6)
