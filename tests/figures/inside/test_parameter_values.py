"""Histograms, and bands over the epochs, show the numbers that they are given."""

from itertools import pairwise

import plotly.graph_objects as go
import pytest

from cnnlab.figures.inside.parameter_values import (
    Histogram,
    describe_bands,
    describe_histogram,
    describe_panels,
    histogram_panels,
    value_bands,
    value_histogram,
)

VALUES = Histogram("conv.weight", -1.0, 3.0, 0.5, 0.75, (-1.0, 0.0, 1.0, 3.0), (2, 5, 3))
CONSTANT = Histogram("<b>zeros", 0.0, 0.0, 0.0, 0.0, (-0.5, 0.0, 0.5), (0, 6))
HISTORY = {0: (-1.0, -0.9, -0.5, 0.0, 0.5, 0.9, 1.0), 4: (-2.0, -1.5, -0.25, 0.1, 0.75, 1.5, 2.0)}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_they_are_valid_and_their_axes_are_named(theme):
    figures = [
        value_histogram(VALUES, theme=theme),
        histogram_panels([VALUES, CONSTANT], theme=theme),
        value_bands(HISTORY, theme=theme),
    ]
    for figure in figures:
        go.Figure(figure)
        assert figure["layout"]["xaxis"]["title"]["text"]


def test_a_bar_covers_its_bin():
    figure = value_histogram(VALUES, theme="light")
    (bars,) = figure["data"]
    edges = [(x - w / 2, x + w / 2) for x, w in zip(bars["x"], bars["width"], strict=True)]
    assert edges == [(-1, 0), (0, 1), (1, 3)]
    assert bars["y"] == [2, 5, 3]
    assert figure["layout"]["yaxis"]["title"]["text"] == "values per bin"


def test_panels_share_their_axis_and_do_not_overlap():
    layout = histogram_panels([VALUES, CONSTANT, VALUES], theme="light")["layout"]
    assert layout["xaxis"]["range"][0] < -1.0
    assert layout["xaxis"]["range"][1] > 3.0
    domains = [layout[name]["domain"] for name in ("yaxis", "yaxis2", "yaxis3")]
    for (bottom, top), (_, next_top) in pairwise(domains):
        assert next_top < bottom < top
    assert domains[-1][0] >= 0
    assert layout["annotations"][1]["text"].startswith("<b>&lt;b&gt;zeros</b>")


def test_equal_values_are_one_bar():
    bars = histogram_panels([VALUES, CONSTANT], theme="light")["data"][1]
    assert (bars["x"], bars["y"], bars["customdata"]) == ([0.0], [1.0], [6])


def test_bands_lie_between_the_quantiles():
    *bands, median = value_bands(HISTORY, theme="light")["data"]
    assert median["y"] == (0.0, 0.1)
    assert [trace["y"] for trace in bands] == [(-1, -2), (1, 2), (-0.9, -1.5), (0.9, 1.5), (-0.5, -0.25), (0.5, 0.75)]
    assert [trace["x"] for trace in bands] == [[0, 4]] * 6


def test_they_are_described():
    assert "from -1 to 3, with the mean 0.5 and the standard deviation 0.75" in describe_histogram(VALUES)
    assert "conv.weight 0.75; <b>zeros 0" in describe_panels([VALUES, CONSTANT])
    assert "from -0.5 to 0.5 after epoch 0, and from -0.25 to 0.75 after epoch 4" in describe_bands("w", HISTORY)
