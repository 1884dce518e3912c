"""The curves of runs: what is drawn of one and of several, and that names stay names."""

import json

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as some

from cnnlab.figures.palette import Theme
from cnnlab.figures.training.curves import (
    LONGEST_NAME,
    MOST_EPOCHS,
    MOST_RUNS,
    OUT_OF_BOUNDS,
    Line,
    curves,
    describe,
    label,
    places,
    smoothed,
)

LINE = Line(name="run", steps=[1, 2, 3, 4], train=[2.0, 1.0, 0.5, 0.25], test_steps=[2, 4], test=[1.5, 0.5])


@given(some.lists(some.floats(0, 10), min_size=1, max_size=50))
def test_smoothing_stays_between_the_extremes_and_begins_at_the_first(values: list[float]) -> None:
    means = smoothed(values)
    assert len(means) == len(values)
    assert means[0] == pytest.approx(values[0])
    assert all(min(values) - 1e-9 <= mean <= max(values) + 1e-9 for mean in means)


def test_the_mean_is_weighted_by_age() -> None:
    assert smoothed([1.0, 2.0]) == pytest.approx([1.0, (0.9 * 1 + 2) / 1.9])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("num_runs", range(1, MOST_RUNS + 1))
def test_plotly_takes_every_figure(theme: Theme, num_runs: int) -> None:
    for measure in ("loss", "accuracy"):
        figure = curves([LINE] * num_runs, measure=measure, theme=theme, total_steps=10, revision="a")
        drawn = go.Figure(figure)
        assert len(drawn.data) == (3 if num_runs == 1 else 2 * num_runs)
        assert drawn.layout.xaxis.title.text
        assert drawn.layout.yaxis.title.text
        assert len({trace.line.color for trace in drawn.data}) == (2 if num_runs == 1 else num_runs)
        json.dumps(figure)


def test_accuracies_are_per_cent_and_the_axis_has_room_for_all_steps() -> None:
    line = Line(name="run", steps=[1, 2], train=[0.25, 0.5], test_steps=[2], test=[0.75])
    figure = curves([line], measure="accuracy", theme="light", total_steps=200, revision="a")
    assert figure["data"][0]["y"] == [25, 50]
    assert figure["data"][2]["y"] == [75]


def reach(steps: int, total_steps: int) -> float:
    line = Line(name="run", steps=range(1, steps + 1), train=[1.0] * steps, test_steps=[], test=[])
    figure = curves([line], measure="loss", theme="light", total_steps=total_steps, revision="a")
    assert figure["layout"]["xaxis"]["range"][0] == 0
    return float(figure["layout"]["xaxis"]["range"][1])


@given(some.integers(1, 3000), some.integers(1, 3000))
def test_the_axis_has_room_for_the_steps_and_is_not_much_longer(steps: int, total: int) -> None:
    taken = min(steps, total)
    assert taken < reach(taken, total) <= 1.03 * max(2 * max(taken, 100), 100)


def test_the_axis_reaches_to_the_last_step_and_changes_seldom_on_the_way() -> None:
    assert reach(375, 375) == pytest.approx(1.03 * 375)
    assert len({reach(steps, 3750) for steps in range(1, 3751, 50)}) == 6


def test_a_loss_without_bound_leaves_the_others_visible() -> None:
    wild = Line(name="wild", steps=[1, 2, 3], train=[2.3, 1e6, 1e9], test_steps=[], test=[])
    calm = Line(name="calm", steps=[1, 2, 3], train=[2.3, 2.0, 1.0], test_steps=[], test=[])
    wild_early = Line(name="wild", steps=[1, 2, 3, 4, 5, 6, 7], train=[2.3] * 6 + [1e9], test_steps=[], test=[])
    axis = curves([calm, wild_early], measure="loss", theme="light", total_steps=7, revision="a")["layout"]["yaxis"]
    assert axis["range"] == [0, pytest.approx(OUT_OF_BOUNDS * 2.3)]
    assert "range" not in curves([calm], measure="loss", theme="light", total_steps=3, revision="a")["layout"]["yaxis"]
    assert curves([wild], measure="loss", theme="light", total_steps=3, revision="a")


def test_a_run_without_a_step_is_drawn_and_described() -> None:
    empty = Line(name="new", steps=[], train=[], test_steps=[], test=[])
    assert curves([empty], measure="loss", theme="light", total_steps=0, revision="a")["data"][0]["x"] == []
    assert describe([empty], measure="loss") == "Loss over the steps. new: no step yet."


def test_the_description_has_the_numbers() -> None:
    words = describe([LINE], measure="loss")
    assert "train from 2.000 to" in words
    assert "over 4 steps, test 0.500 after epoch 2" in words
    assert "test 50.0 % after epoch 2" in describe([LINE], measure="accuracy")


@given(some.text(max_size=60))
def test_a_name_in_a_legend_has_no_tags_and_is_short(name: str) -> None:
    shown = label(name)
    assert "<" not in shown
    assert ">" not in shown
    assert len(shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")) <= LONGEST_NAME


def test_of_very_many_epochs_some_are_drawn_and_the_last_one_always() -> None:
    epochs = list(range(1, 1001))
    line = Line(name="long", steps=[1], train=[1.0], test_steps=epochs, test=[1 / n for n in epochs], validation=epochs)
    drawn = {
        trace["name"]: trace
        for trace in curves([line], measure="loss", theme="light", total_steps=1000, revision="a")["data"]
    }
    assert MOST_EPOCHS / 2 < len(drawn["test"]["x"]) <= MOST_EPOCHS + 1
    assert drawn["test"]["x"][-1] == 1000
    assert drawn["test"]["y"] == [round(1 / n, 5) for n in drawn["test"]["x"]]
    assert drawn["validation"]["y"] == drawn["validation"]["x"] == drawn["test"]["x"]


@given(some.integers(0, 3000), some.integers(1, 300))
def test_places_stay_as_more_come(count: int, most: int) -> None:
    kept = places(count, most)
    assert kept == sorted(set(kept))
    assert len(kept) <= most + 1
    assert (kept[-1:] == [count - 1]) == (count > 0)
    assert set(places(count + 1, most)[:-1]) <= set(kept) | {count - 1}
