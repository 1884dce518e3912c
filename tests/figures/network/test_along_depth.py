"""The charts along the depth show the numbers of the analysis, in columns that their series name."""

import json
from typing import Any

import pytest

from cnnlab.analysis import analyse
from cnnlab.analysis.costs import WEIGHTED_KINDS
from cnnlab.architectures import preset, preset_names
from cnnlab.figures.network.along_depth import Chart, costs_along_depth, maps_along_depth
from cnnlab.figures.palette import Theme
from cnnlab.words.numbers import exact


def column(chart: Chart, name: str) -> list[Any]:
    index = chart["dataset"]["dimensions"].index(name)
    return [row[index] for row in chart["dataset"]["source"]]


def drawn(chart: Chart, panel: int) -> list[float]:
    """The height of each bar of a panel: of all its series, one has the layer."""
    series = [each for each in chart["series"] if each["yAxisIndex"] == panel]
    bars = zip(*(column(chart, each["encode"]["y"]) for each in series), strict=True)
    return [height for bar in bars for height in bar if height is not None]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", preset_names())
def test_shares_add_up_and_axes_are_named(name: str, theme: Theme) -> None:
    report = analyse(preset(name))
    costs, maps = costs_along_depth(report, theme=theme), maps_along_depth(report, theme=theme)
    rows = [row for row in report.rows if row.kind in WEIGHTED_KINDS]
    assert column(costs, "layer") == [row.path for row in rows]
    assert column(costs, "MACs") == [exact(row.macs) for row in rows]
    assert drawn(costs, 0) == pytest.approx([100 * row.macs / report.macs for row in rows], abs=6e-4)
    assert drawn(costs, 1) == pytest.approx([100 * row.params / report.params for row in rows], abs=6e-4)
    for panel in (0, 1):
        assert max(drawn(costs, panel)) < costs["yAxis"][panel]["max"]
    assert {each["encode"]["y"] for each in maps["series"]} == {"side", "channels"}
    for axis in (costs["xAxis"][1], *costs["yAxis"], maps["xAxis"], maps["yAxis"]):
        assert axis["name"]
    json.dumps([costs, maps], allow_nan=False)


def test_each_kind_of_layer_has_its_colour() -> None:
    costs = costs_along_depth(analyse(preset("mobilenet_v1")), theme="light")
    colours = {each["encode"]["y"]: each["itemStyle"]["color"] for each in costs["series"] if each["yAxisIndex"] == 0}
    assert len(colours) == len({"convolution", "depthwise", "pointwise", "dense"})
    assert len(set(colours.values())) == 3  # a dense layer is a pointwise convolution of one pixel


def test_maps_follow_the_shapes_of_lenet() -> None:
    maps = maps_along_depth(analyse(preset("lenet5_tutorial")), theme="light")
    assert column(maps, "side") == [32, 28, 14, 10, 5, 1, 1, 1]
    assert column(maps, "channels") == [1, 6, 6, 16, 16, 120, 84, 10]


def test_a_network_that_breaks_at_once_still_has_charts() -> None:
    broken = analyse(preset("lenet5_tutorial").replace(image_size=1))
    assert broken.rows == ()
    assert costs_along_depth(broken, theme="light")["series"] == []
    assert column(maps_along_depth(broken, theme="light"), "side") == [1]
