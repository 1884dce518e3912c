"""The learning curves: what is drawn of one run, of several and of groups of seeds, and that names stay names."""

import itertools
import json

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as some

from cnnlab.figures.layout import OUT_OF_BOUNDS
from cnnlab.figures.palette import ENTRY_COLOURS, SURFACES, Theme, contrast
from cnnlab.figures.training.learning_curves import (
    AXES,
    CURVE_METRICS,
    MARKERS,
    MAX_NAME_LENGTH,
    MAX_NAMED,
    MAX_SERIES,
    SMOOTHING,
    Axis,
    CurveOptions,
    Reference,
    Series,
    describe_learning_curves,
    learning_curves,
    legend_labels,
    smoothed,
)
from cnnlab.figures.training.letters import spread

RUN = Series(name="run", x=[1, 2, 3, 4], train=[2.0, 1.0, 0.5, 0.25], test_x=[2, 4], test=[1.5, 0.5], last_epoch=2)
UNSMOOTHED = CurveOptions(smoothing=0.0)
EVIL = Series(name="<b>x</b>", x=[1, 2, 3], train=[2.0, 1.0, 0.5], test_x=[2, 3], test=[1.5, 0.75], last_epoch=2)
EMPTY = Series(name="new")
BAND = Series(name="s", test_x=[1, 2], test=[0.5, 0.6], low=[0.4, 0.5], high=[0.6, 0.7], last_epoch=2)


@given(some.lists(some.floats(0, 10), min_size=1, max_size=50), some.floats(0, 0.99))
def test_smoothing_stays_between_the_extremes_and_begins_at_the_first(values: list[float], keep: float) -> None:
    means = smoothed(values, keep)
    assert len(means) == len(values)
    assert means[0] == pytest.approx(values[0])
    assert all(min(values) - 1e-9 <= mean <= max(values) + 1e-9 for mean in means)


def test_the_mean_is_weighted_by_age() -> None:
    assert smoothed([1.0, 2.0], 0.9) == pytest.approx([1.0, (0.9 * 1 + 2) / 1.9])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("num_runs", range(1, MAX_SERIES + 1))
def test_plotly_takes_every_figure(theme: Theme, num_runs: int) -> None:
    for metric in CURVE_METRICS:
        figure = learning_curves([RUN] * num_runs, metric=metric, theme=theme, total_steps=10, revision="a")
        drawn = go.Figure(figure)
        assert len(drawn.data) == (3 if num_runs == 1 else 2 * num_runs)
        assert drawn.layout.xaxis.title.text
        assert drawn.layout.yaxis.title.text
        assert len({trace.line.color for trace in drawn.data}) == (2 if num_runs == 1 else num_runs)
        json.dumps(figure)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("log_loss", [False, True])
def test_several_runs_are_drawn_along_any_axis(axis: Axis, log_loss: bool) -> None:
    options = CurveOptions(axis=axis, smoothing=0.0, log_loss=log_loss)
    figure = learning_curves([EVIL, EMPTY], metric="loss", theme="dark", revision="a", options=options)
    go.Figure(figure)
    json.dumps(figure, allow_nan=False)
    train, test = figure["data"][:2]
    assert train["y"] == [2.0, 1.0, 0.5]
    assert test["y"] == [1.5, 0.75]
    assert train["name"] == "A  &lt;b&gt;x&lt;/b&gt;"
    assert figure["layout"]["xaxis"]["title"]["text"] == AXES[axis].title
    assert figure["layout"]["yaxis"].get("type") == ("log" if log_loss else None)
    assert train["line"]["dash"] == "dot"
    assert "dash" not in test["line"]


def test_other_data_keep_the_zoom_and_another_axis_does_not() -> None:
    def revision(series: list[Series], revision: str = "a", **options: object) -> str:
        chosen = CurveOptions(**options)  # type: ignore[arg-type]
        figure = learning_curves(series, metric="loss", theme="dark", revision=revision, options=chosen)
        return str(figure["layout"]["uirevision"])

    first = revision([RUN])
    assert revision([EVIL], smoothing=0.5) == first
    assert len({first, revision([RUN], "b"), revision([RUN], axis="epochs"), revision([RUN], log_loss=True)}) == 4


def eight(test: list[float]) -> list[Series]:
    return [Series(name=f"run {i}", x=[1, 2], train=[2.0, 1.0], test_x=[2], test=[test[i]]) for i in range(8)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_eight_runs_are_told_apart_by_colour_marker_and_letter(theme: Theme) -> None:
    assert MAX_SERIES == 8 > MAX_NAMED
    figure = learning_curves(eight([0.5] * 8), metric="loss", theme=theme, revision="a")
    go.Figure(figure)
    tests = [trace for trace in figure["data"] if "markers" in trace["mode"]]
    assert len({trace["line"]["color"] for trace in tests}) == 8
    assert len({trace["marker"]["symbol"] for trace in tests}) == len(set(MARKERS)) == 8
    assert [trace["name"] for trace in tests] == list("ABCDEFGH")
    letters = figure["layout"]["annotations"]
    assert [entry["text"] for entry in letters] == [f"<b>{name}</b>" for name in "ABCDEFGH"]
    assert [entry["font"]["color"] for entry in letters] == list(ENTRY_COLOURS[theme])
    heights = [entry["y"] for entry in letters]
    assert min(b - a for a, b in itertools.pairwise(heights)) > 0.1
    assert all(0 <= height <= 2 for height in heights)
    assert all(contrast(colour, SURFACES[theme]["background"]) >= 3 for colour in ENTRY_COLOURS[theme][:4])


@pytest.mark.parametrize("log_loss", [False, True])
def test_letters_stand_where_their_lines_end(log_loss: bool) -> None:
    losses = [10.0, 1.0, 0.1, 0.01, 0.001, 0.0001, 0.00001, 0.000001]
    options = CurveOptions(log_loss=log_loss)
    figure = learning_curves(eight(losses), metric="loss", theme="dark", revision="a", options=options)
    heights = [entry["y"] for entry in reversed(figure["layout"]["annotations"])]
    assert heights == sorted(heights, reverse=True)
    if log_loss:
        assert heights == pytest.approx([1, 0, -1, -2, -3, -4, -5, -6])
    else:
        assert heights[0] == 10.0


def test_letters_move_apart_and_stay_in_bounds() -> None:
    moved = spread(dict(enumerate([5.0, 5.0, 5.0])), 1.0, 0.0, 5.5)
    assert sorted(moved.values()) == [3.5, 4.5, 5.5]
    assert spread({0: 1.0, 1: 4.0}, 1.0, 0.0, 5.0) == {0: 1.0, 1: 4.0}


def test_one_run_shows_each_step_unless_nothing_is_smoothed() -> None:
    run = Series(name="x", x=[1, 2], train=[1.0, 0.5], test_x=[1, 2], test=[0.9, 0.8], validation=[0.95, 0.85])
    figure = learning_curves([run], metric="loss", theme="light", revision="a", options=UNSMOOTHED)
    assert {trace["name"]: trace["y"] for trace in figure["data"]} == {
        "train": [1.0, 0.5],
        "test": [0.9, 0.8],
        "validation": [0.95, 0.85],
    }
    assert figure["layout"]["annotations"] == []
    each, train = learning_curves([run], metric="loss", theme="light", revision="a")["data"][:2]
    assert (each["name"], each["y"]) == ("each step", [1.0, 0.5])
    assert train["y"] == pytest.approx(smoothed([1.0, 0.5], SMOOTHING), abs=1e-5)


def test_accuracies_are_in_per_cent_and_never_on_a_log_axis() -> None:
    options = CurveOptions(smoothing=0.0, log_loss=True)
    figure = learning_curves([RUN], metric="accuracy", theme="light", revision="a", options=options)
    assert [trace["y"] for trace in figure["data"]] == [[200, 100, 50, 25], [150, 50]]
    assert "type" not in figure["layout"]["yaxis"]


def end_of_axis(steps: int, total_steps: int) -> float:
    run = Series(name="run", x=range(1, steps + 1), train=[1.0] * steps)
    figure = learning_curves([run], metric="loss", theme="light", total_steps=total_steps, revision="a")
    first, last = figure["layout"]["xaxis"]["range"]
    assert first == 0
    return float(last)


@given(some.integers(1, 3000), some.integers(1, 3000))
def test_the_axis_has_room_for_the_steps_and_is_not_much_longer(steps: int, total: int) -> None:
    taken = min(steps, total)
    assert taken < end_of_axis(taken, total) <= 1.03 * max(2 * max(taken, 100), 100)


def test_the_axis_goes_to_the_last_step_and_seldom_changes_on_the_way() -> None:
    assert end_of_axis(375, 375) == pytest.approx(1.03 * 375)
    assert len({end_of_axis(steps, 3750) for steps in range(1, 3751, 50)}) == 6


def test_a_loss_without_bound_leaves_the_others_visible() -> None:
    calm = Series(name="calm", x=[1, 2, 3], train=[2.3, 2.0, 1.0])
    late = Series(name="wild", x=[1, 2, 3, 4, 5, 6, 7], train=[2.3] * 6 + [1e9])

    def drawn(*series: Series) -> dict[str, object]:
        layout: dict[str, object] = learning_curves(series, metric="loss", theme="light", revision="a")["layout"]
        return layout

    both = drawn(calm, late)
    assert both["yaxis"]["range"] == [0, pytest.approx(OUT_OF_BOUNDS * 2.3)]  # type: ignore[index]
    assert all(0 <= letter["y"] <= OUT_OF_BOUNDS * 2.3 for letter in both["annotations"])  # type: ignore[attr-defined]
    assert "range" not in drawn(calm)["yaxis"]  # type: ignore[operator]
    stays = Series(name="wild", x=[1, 2, 3], train=[2.3, 1e6, 1e9], test_x=[3], test=[1e8])
    assert drawn(stays)["yaxis"]["type"] == "log", "or the chart would be empty"  # type: ignore[index]
    recovered = Series(name="wild", x=[1, 2, 3], train=[2.3, 1e6, 2.3], smooth=[2.3, 1e6, 1e6], test_x=[3], test=[2.3])
    assert drawn(recovered)["yaxis"]["range"] == [0, pytest.approx(OUT_OF_BOUNDS * 2.3)]  # type: ignore[index]


def test_references_are_horizontal_lines() -> None:
    references = [Reference(title="old", value=0.9), Reference(title="older", value=0.8)]
    figure = learning_curves(
        [RUN], metric="accuracy", theme="dark", total_steps=200, revision="", references=references
    )
    old, older = figure["data"][-2:]
    assert (old["y"], old["x"], old["name"]) == ([90, 90], [0, 200], "old")
    assert old["line"]["dash"] != older["line"]["dash"]


def test_seeds_are_a_band_about_their_mean() -> None:
    figure = learning_curves([BAND], metric="accuracy", theme="dark", revision="a")
    low, high, mean = figure["data"]
    assert (low["y"], high["y"], mean["y"]) == ([40.0, 50.0], [60.0, 70.0], [50.0, 60.0])
    assert high["fill"] == "tonexty"
    words = describe_learning_curves([BAND], metric="accuracy")
    assert words.endswith("s: test 60.0 % on average over its seeds, 50.0 % to 70.0 %.")


def test_a_run_without_a_step_is_drawn_and_described() -> None:
    figure = learning_curves([EMPTY], metric="loss", theme="light", revision="a")
    assert figure["data"][0]["x"] == []
    assert describe_learning_curves([EMPTY], metric="loss") == "Loss over the steps. new: not tested yet."


def test_the_description_has_the_numbers() -> None:
    words = describe_learning_curves([RUN], metric="loss")
    assert words.startswith("Loss over the steps. run: test 0.500 after epoch 2. Training from 2.000 to")
    assert words.endswith("over 4 steps.")
    assert "test 50.0 % after epoch 2" in describe_learning_curves([RUN], metric="accuracy")
    along_macs = CurveOptions(axis="macs", smoothing=0.0)
    assert describe_learning_curves([EVIL, EMPTY], metric="loss", options=along_macs) == (
        "Loss over the multiply-accumulates. <b>x</b>: test 0.750 after epoch 2. Training from 2.000 to 0.500 over 3"
        " multiply-accumulates. new: not tested yet."
    )
    validated = Series(name="v", x=[1], train=[1.0], test_x=[1], test=[0.9], validation=[0.95], last_epoch=1)
    assert "test 0.900 and validation 0.950 after epoch 1." in describe_learning_curves([validated], metric="loss")


@given(some.text(max_size=60))
def test_a_name_in_a_legend_has_no_tags_and_is_short(name: str) -> None:
    [shown] = legend_labels([name])
    assert "<" not in shown
    assert ">" not in shown
    assert len(shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")) <= MAX_NAME_LENGTH
