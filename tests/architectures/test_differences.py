"""The differences to known implementations that the documentation explains are the differences that there are."""

from pathlib import Path

import pytest

from cnnlab.analysis import analyse
from cnnlab.architectures import NetworkSpec, preset
from cnnlab.words.numbers import exact

TEXT = (Path(__file__).parents[2] / "docs/differences.md").read_text(encoding="utf-8")

KERAS = [
    ("xception", 22_910_480, 0, 0),
    ("mobilenet_v1", 4_253_864, 0, 0),
    ("mobilenet_v2", 3_538_984, 0, 0),
    ("densenet121", 8_062_504, 0, 0),
    ("resnet50", 25_636_712, 1, 0),
    ("inception_v3", 23_851_784, 0, 1),
]
"""Preset, Keras's count, and per normalised channel the biases that it has more and the scales that it has not."""


def own_params(spec: NetworkSpec) -> int:
    return analyse(spec).params - analyse(spec).auxiliary_params


def normalised_channels(spec: NetworkSpec) -> int:
    return sum(row.output_shape[0] for row in analyse(spec).rows if row.type == "BatchNorm2d")


def documented(*numbers: int) -> None:
    for number in numbers:
        assert exact(abs(number)) in TEXT, number


@pytest.mark.parametrize(("name", "keras", "biases", "scales"), KERAS, ids=[row[0] for row in KERAS])
def test_keras_also_counts_running_statistics(name: str, keras: int, biases: int, scales: int) -> None:
    ours, channels = own_params(preset(name)), normalised_channels(preset(name))
    assert ours + (2 + biases - scales) * channels == keras
    documented(ours, channels, keras)


def test_googlenet_has_smaller_windows_and_normalisation_in_torchvision() -> None:
    paper, torchvision = preset("googlenet"), preset("googlenet_torchvision")
    smaller = paper.replace(large_kernel="3x3")
    channels = normalised_channels(torchvision)
    assert own_params(smaller) + channels == own_params(torchvision)
    documented(own_params(paper), own_params(paper) - own_params(smaller), channels, own_params(torchvision))


def test_lenet_in_the_paper() -> None:
    params = {row.path: row.params for row in analyse(preset("lenet5_tutorial")).rows}
    connections = 6 * 3 + 9 * 4 + 1 * 6  # table I: how many maps each of the sixteen sees
    sparse = connections * 25 + 16
    subsampling = 2 * 6, 2 * 16
    ours = own_params(preset("lenet5_tutorial"))
    assert ours - (params["features.conv2"] - sparse) + sum(subsampling) - params["classifier.output"] == 60_000
    documented(ours, params["features.conv2"], sparse, *subsampling, params["classifier.output"], 60_000)


def test_the_place_of_the_stride() -> None:
    at = {place: analyse(preset("resnet50").replace(stride_at=place)) for place in ("1x1", "3x3")}
    assert at["1x1"].params == at["3x3"].params
    assert round(at["1x1"].macs / 1e9, 1) in (3.8, 3.9)
    documented(at["1x1"].macs, at["3x3"].macs)


def test_alexnets() -> None:
    documented(own_params(preset("alexnet")), own_params(preset("alexnet_2012")))
