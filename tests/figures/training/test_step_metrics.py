"""The charts of step metrics: gaps, units, and times that leave the others visible."""

import plotly.graph_objects as go
import pytest

from cnnlab.figures.layout import OUT_OF_BOUNDS
from cnnlab.figures.palette import CURVE_COLOURS
from cnnlab.figures.training.step_metrics import describe_metric, describe_step_times, metric_chart, step_time_chart
from cnnlab.training.step_metrics import SINGLE_METRICS, STEP_METRICS, STEP_TIMES

METRICS = {metric.name: metric for metric in STEP_METRICS}


def times(*columns: float | None) -> dict[str, list[float | None]]:
    """The same seconds for each part of a step."""
    return {metric.name: list(columns) for metric in STEP_TIMES}


@pytest.mark.parametrize("metric", SINGLE_METRICS, ids=lambda metric: metric.name)
def test_a_metric_has_gaps_where_it_was_not_measured(metric):
    figure = metric_chart(metric, [1, 2, 3], [1.0, None, 2.0], theme="light", revision="a")
    drawn = go.Figure(figure)
    assert figure["data"][0]["y"] == [metric.scale, None, 2 * metric.scale]
    assert drawn.layout.yaxis.title.text
    assert (drawn.layout.yaxis.type == "log") == metric.is_log


def test_metrics_are_declared_once_with_a_colour_for_each_part_of_a_step():
    assert len(METRICS) == len(STEP_METRICS)
    assert len(STEP_TIMES) <= len(CURVE_COLOURS["light"])
    assert {metric.unit for metric in STEP_TIMES} == {"ms"}


def test_the_parts_of_a_step_are_stacked_in_milliseconds():
    figure = step_time_chart([1, 2], times(0.001, None), theme="dark", revision="a")
    go.Figure(figure)
    assert [trace["y"] for trace in figure["data"]] == [[1.0, None]] * len(STEP_TIMES)
    assert len({trace["stackgroup"] for trace in figure["data"]}) == 1


def test_a_few_slow_steps_leave_the_others_visible():
    usual = 1000 * 0.001 * len(STEP_TIMES)
    axis = step_time_chart([1, 2, 3], times(0.001, 0.001, 0.5), theme="dark", revision="a")["layout"]["yaxis"]
    assert axis["range"] == [0, pytest.approx(OUT_OF_BOUNDS * usual)]
    assert step_time_chart([], times(), theme="dark", revision="a")["layout"]["yaxis"]["rangemode"] == "tozero"


def test_the_description_has_the_numbers_in_their_units():
    speed, memory = METRICS["examples_per_second"], METRICS["memory_bytes"]
    assert describe_metric(speed, [None, 2.0, 1.0]) == "Speed over the steps: 1 images/s at the end, from 1 to 2."
    assert "500 MB at the end" in describe_metric(memory, [5e8])
    assert describe_metric(METRICS["gradient_norm"], [2.5]).startswith("Gradient norm over the steps: 2.5 at the end")
    assert describe_metric(speed, [None]) == "Speed: not measured."
    assert "forward over the steps: 2 ms at the end" in describe_step_times(times(0.002))
