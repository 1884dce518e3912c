import itertools
import json

import plotly.graph_objects as go
import pytest

from cnnlab.figures.palette import ENTRY_COLOURS, SURFACES, contrast
from cnnlab.figures.training.overlay import (
    AXIS_TITLES,
    MARKS,
    MOST_TRACKS,
    Track,
    apart,
    describe_overlay,
    overlay,
    smooth,
)
from cnnlab.figures.training.step_metrics import describe_gauge, gauge, step_parts

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
    assert train["name"] == "A  &lt;b&gt;x&lt;/b&gt;"
    assert figure["layout"]["xaxis"]["title"]["text"] == AXIS_TITLES[along]
    assert figure["layout"]["yaxis"].get("type") == ("log" if log else None)
    assert train["line"]["dash"] == "dot"
    assert "dash" not in test["line"]


def eight(test):
    return [Track(name=f"run {i}", x=[1, 2], train=[2.0, 1.0], test_x=[2], test=[test[i]]) for i in range(8)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_eight_runs_are_told_apart_by_colour_mark_and_letter(theme):
    assert MOST_TRACKS == 8
    figure = overlay(
        eight([0.5] * 8), measure="loss", along="steps", smoothing=0.0, log=False, theme=theme, revision="a"
    )
    go.Figure(figure)
    tests = [trace for trace in figure["data"] if "markers" in trace["mode"]]
    assert len({trace["line"]["color"] for trace in tests}) == 8
    assert len({trace["marker"]["symbol"] for trace in tests}) == len(set(MARKS)) == 8
    assert [trace["name"] for trace in tests] == list("ABCDEFGH")
    letters = figure["layout"]["annotations"]
    assert [entry["text"] for entry in letters] == [f"<b>{name}</b>" for name in "ABCDEFGH"]
    assert [entry["font"]["color"] for entry in letters] == list(ENTRY_COLOURS[theme])
    heights = [entry["y"] for entry in letters]
    assert min(b - a for a, b in itertools.pairwise(heights)) > 0.1
    assert all(0 <= height <= 2 for height in heights)
    assert all(contrast(colour, SURFACES[theme]["background"]) >= 3 for colour in ENTRY_COLOURS[theme][:4])


@pytest.mark.parametrize("log", [False, True])
def test_letters_stand_where_their_lines_end(log):
    losses = [10.0, 1.0, 0.1, 0.01, 0.001, 0.0001, 0.00001, 0.000001]
    figure = overlay(eight(losses), measure="loss", along="steps", smoothing=0, log=log, theme="dark", revision="a")
    heights = [entry["y"] for entry in reversed(figure["layout"]["annotations"])]
    assert heights == sorted(heights, reverse=True)
    if log:
        assert heights == pytest.approx([1, 0, -1, -2, -3, -4, -5, -6])
    else:
        assert heights[0] == 10.0


def test_places_move_apart_and_stay_in_bounds():
    moved = apart(dict(enumerate([5.0, 5.0, 5.0])), 1.0, 0.0, 5.5)
    assert sorted(moved.values()) == [3.5, 4.5, 5.5]
    assert apart({0: 1.0, 1: 4.0}, 1.0, 0.0, 5.0) == {0: 1.0, 1: 4.0}


def test_one_run_shows_its_validation_too():
    track = Track(name="x", x=[1], train=[1.0], test_x=[1, 2], test=[0.9, 0.8], validation=[0.95, 0.85])
    figure = overlay([track], measure="loss", along="epochs", smoothing=0, log=False, theme="light", revision="a")
    assert {trace["name"]: trace["y"] for trace in figure["data"]} == {
        "train": [1.0],
        "test": [0.9, 0.8],
        "validation": [0.95, 0.85],
    }
    assert figure["layout"]["annotations"] == []
    words = describe_overlay([track], measure="loss", along="epochs")
    assert words == "Loss over epoch. x: test 0.8, validation 0.85."


def test_seeds_are_a_band_about_their_mean():
    track = Track(name="s", x=[], train=[], test_x=[1, 2], test=[0.5, 0.6], low=[0.4, 0.5], high=[0.6, 0.7])
    figure = overlay([track], measure="accuracy", along="steps", smoothing=0, log=False, theme="dark", revision="a")
    low, high, mean = figure["data"]
    assert (low["y"], high["y"], mean["y"]) == ([40.0, 50.0], [60.0, 70.0], [50.0, 60.0])
    assert high["fill"] == "tonexty"
    words = describe_overlay([track], measure="accuracy", along="steps")
    assert words.endswith("s: test 60 % on average over its seeds, 50 to 70 %.")


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
    assert step_parts([1], {"forward": []}, theme="dark", revision="a")["layout"]["yaxis"]["rangemode"] == "tozero"
    spikes = step_parts([1, 2, 3], {"forward": [0.001, 0.001, 0.5]}, theme="dark", revision="a")
    assert spikes["layout"]["yaxis"]["range"] == [0, 4]
    stacked = step_parts([1, 2], {"forward": [0.001, None], "backward": [0.002, 0.004]}, theme="dark", revision="a")
    go.Figure(stacked)
    assert [trace["y"] for trace in stacked["data"]] == [[1.0, None], [2.0, 4.0]]
