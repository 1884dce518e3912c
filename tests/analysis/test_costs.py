"""Totals, shares and comparisons."""

import pytest

from cnnlab.analysis import analyse, compare, summary
from cnnlab.architectures import preset, preset_names
from cnnlab.spec import Refused


@pytest.mark.parametrize("name", preset_names())
def test_totals_are_sums_of_the_rows(name: str) -> None:
    report = analyse(preset(name))
    layers = report.layers
    inside = report.params - report.auxiliary_params  # auxiliary heads have no rows in eval mode
    assert layers["params"].sum() == inside
    assert layers["macs"].sum() == report.macs
    assert layers["params_share"].sum() == pytest.approx(inside / report.params)
    assert layers["macs_share"].sum() == pytest.approx(1)
    assert report.flops == 2 * report.macs
    assert report.weight_bytes == 4 * report.params
    assert report.output_shape == (report.spec.num_classes,)
    assert not report.unknown


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_a_resnet_is_named_after_its_layers(depth: int) -> None:
    assert analyse(preset(f"resnet{depth}")).num_layers == depth


@pytest.mark.parametrize("depth", [20, 32, 44, 56, 110])
def test_a_cifar_resnet_is_named_after_its_layers(depth: int) -> None:
    assert analyse(preset(f"resnet{depth}_cifar")).num_layers == depth


def test_lenet_has_five_layers() -> None:
    assert analyse(preset("lenet5_tutorial")).num_layers == 5


def test_a_broken_network_has_the_numbers_up_to_the_break() -> None:
    spec = preset("lenet5_tutorial").replace(kernel_sizes=(5, 20))
    report = analyse(spec)
    assert report.problem is not None
    assert report.problem.layer == "features.conv2"
    assert report.params == 6 * 25 + 6
    assert report.macs == 28 * 28 * 6 * 25
    assert report.output_shape == (6, 14, 14)
    assert list(report.layers["name"]) == ["features.conv1", "features.activation1", "features.pool1"]


def test_a_network_that_breaks_at_once_costs_nothing() -> None:
    report = analyse(preset("lenet5_tutorial").replace(kernel_sizes=(5, 1), image_size=3, num_pools=0))
    assert report.problem is not None
    assert (report.params, report.macs, report.activation_bytes, report.output_shape) == (0, 0, 0, ())
    assert report.layers.empty


class TestSummary:
    @pytest.mark.parametrize("name", ["lenet5_rgb", "resnet18", "resnet18_d2l"])
    def test_it_has_the_same_parameters(self, name: str) -> None:
        assert f"Total params: {analyse(preset(name)).params:,}" in summary(preset(name))

    def test_it_is_of_this_network_and_not_of_the_one_before(self) -> None:
        for width in (16, 32, 16):
            spec = preset("resnet18").replace(width=width)
            assert f"Total params: {analyse(spec).params:,}" in summary(spec)

    def test_every_layer_is_in_it(self) -> None:
        text = summary(preset("resnet18"))
        for row in analyse(preset("resnet18")).rows:
            if row.params:
                assert f"{list(row.output_shape)}".replace("[", "[1, ", 1) in text

    def test_a_broken_network_has_none(self) -> None:
        with pytest.raises(Refused, match="too small for its 20x20 window"):
            summary(preset("lenet5_tutorial").replace(kernel_sizes=(5, 20)))


class TestCompare:
    def test_the_first_is_the_baseline(self) -> None:
        narrow = preset("resnet18").replace(width=32)
        table = compare("resnet18", narrow, "lenet5_d2l")
        assert list(table.index) == ["resnet18", "resnet18 with width=32", "lenet5_d2l"]
        assert list(table["image_size"]) == [224, 224, 28]
        for cost in ("params", "macs", "activation_bytes", "weight_bytes"):
            assert table[cost].tolist() == [
                getattr(analyse(s), cost) for s in (preset("resnet18"), narrow, preset("lenet5_d2l"))
            ]
            assert table[f"{cost}_ratio"].tolist() == pytest.approx((table[cost] / table[cost].iloc[0]).tolist())
        assert table.loc["resnet18", "params_ratio"] == 1

    def test_one_alone(self) -> None:
        assert compare("lenet5_d2l")["num_layers"].tolist() == [5]

    def test_refusals(self) -> None:
        with pytest.raises(Refused, match="no preset 'resnet19'"):
            compare("resnet18", "resnet19")
        broken = preset("lenet5_tutorial").replace(kernel_sizes=(5, 20))
        with pytest.raises(Refused, match="too small"):
            compare("resnet18", broken)
