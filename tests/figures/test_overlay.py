import json

import plotly.graph_objects as go
import pytest

from cnnlab.figures.gauges import describe_gauge, gauge, step_parts
from cnnlab.figures.overlay import AXIS_TITLES, Track, describe_overlay, overlay, smooth

EVIL = "<b>x</b>"
TRACKS = [
    Track(name=EVIL, x=[1, 2, 3], train=[2.0, 1.0, 0.5], test_x=[2, 3], test=[1.5, 0.75]),
    Track(name="not begun", x=[], train=[], test_x=[], test=[]),
]


@pytest.mark.parametrize("along", AXIS_TITLES)
@pytest.mark.parametrize("log", [False, True])
def test_runs_over_each_other_along_any_axis(along, log):
    figure = overlay(TRACKS, measure="loss", along=along, smoothing=0.0, log=log, theme="dark", revision="a")
    go.Figure(figure)
    json.dumps(figure, allow_nan=False)
    train, test = figure["data"][:2]
    assert train["y"] == [2.0, 1.0, 0.5]
    assert test["y"] == [1.5, 0.75]
    assert train["name"] == "&lt;b&gt;x&lt;/b&gt;"
    assert figure["layout"]["xaxis"]["title"]["text"] == AXIS_TITLES[along]
    assert figure["layout"]["yaxis"].get("type") == ("log" if log else None)
    assert train["line"]["dash"] == "dot"
    assert "dash" not in test["line"]


def test_accuracies_are_in_per_cent():
    figure = overlay(TRACKS, measure="accuracy", along="steps", smoothing=0.0, log=True, theme="light", revision="a")
    assert figure["data"][1]["y"] == [150.0, 75.0]
    assert "type" not in figure["layout"]["yaxis"]


def test_smoothing_keeps_what_is_constant_and_delays_what_is_not():
    assert smooth([3.0] * 5, 0.9) == pytest.approx([3.0] * 5)
    rising = smooth([0.0, 1.0, 2.0, 3.0], 0.5)
    assert rising == sorted(rising)
    assert rising[-1] < 3


def test_words_say_what_is_there():
    words = describe_overlay(TRACKS, measure="loss", along="macs")
    assert words == "Loss over multiply-accumulates spent (MACs). <b>x</b>: test 0.75; not begun: not tested yet."
    assert describe_gauge("Speed", [None, 2.0, 1.0], "images a second").startswith("Speed over the steps: 1 images")
    assert describe_gauge("Speed", [None], "") == "Speed: not measured."


def test_gauges_leave_gaps_where_nothing_was_measured():
    figure = gauge([1, 2, 3], [1.0, None, 2.0], unit="norm", theme="light", revision="a", log=True)
    go.Figure(figure)
    assert figure["data"][0]["y"] == [1.0, None, 2.0]
    stacked = step_parts([1, 2], {"forward": [0.001, None], "backward": [0.002, 0.004]}, theme="dark", revision="a")
    go.Figure(stacked)
    assert [trace["y"] for trace in stacked["data"]] == [[1.0, None], [2.0, 4.0]]
