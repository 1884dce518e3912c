"""The charts along the depth show the numbers of the analysis, as figures that plotly accepts."""

import plotly.graph_objects as go
import pytest

from cnnlab.analysis import analyse
from cnnlab.architectures import preset, preset_names
from cnnlab.figures.along_depth import costs_along_depth, maps_along_depth
from cnnlab.figures.palette import Theme


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", preset_names())
def test_figures_are_valid_and_shares_add_up(name: str, theme: Theme) -> None:
    report = analyse(preset(name))
    costs, maps = (go.Figure(draw(report, theme=theme)) for draw in (costs_along_depth, maps_along_depth))
    up, down = costs.data
    assert sum(up.y) == pytest.approx(100)
    weighted = sum(row.params for row in report.rows if row.macs) / report.params
    assert -sum(down.y) == pytest.approx(100 * weighted)
    for figure in (costs, maps):
        assert figure.layout.xaxis.title.text
        assert figure.layout.yaxis.title.text
    assert len(maps.data[0].x) == len(maps.data[1].x)


def test_maps_follow_the_shapes_of_lenet() -> None:
    sides, channels = maps_along_depth(analyse(preset("lenet5_tutorial")), theme="light")["data"]
    assert sides["y"] == [32, 28, 14, 10, 5, 1, 1, 1]
    assert channels["y"] == [1, 6, 6, 16, 16, 120, 84, 10]


def test_a_network_that_breaks_at_once_still_has_figures() -> None:
    broken = analyse(preset("lenet5_tutorial").replace(image_size=1))
    assert broken.rows == ()
    for draw in (costs_along_depth, maps_along_depth):
        go.Figure(draw(broken, theme="light"))
