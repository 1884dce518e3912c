"""The map of layers by steps: every value has its colour, and what has no logarithm a colour and a name of its own."""

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest

from cnnlab.figures.inside.gradient_flow import (
    MAX_LABELS,
    FlowValues,
    Quantity,
    describe_gradient_flow,
    flow_scale,
    gradient_flow_map,
)
from cnnlab.figures.layout import Figure
from cnnlab.figures.palette import NOTHING_COLOUR, SEQUENTIAL, TOO_MUCH_COLOUR

LAYERS = ("conv1", "a.very.long.path.of.modules.to.conv2", "head")


def flow(values: list[list[float]], steps: list[int] | None = None) -> FlowValues:
    array = np.array(values)
    return FlowValues(steps or list(range(1, len(values) + 1)), LAYERS[: array.shape[1]], array)


def drawn(shown: FlowValues, *others: FlowValues, quantity: Quantity = "gradients", is_narrow: bool = False) -> Figure:
    figure = gradient_flow_map(
        shown, flow_scale([shown, *others]), quantity, theme="light", revision="x", is_narrow=is_narrow
    )
    go.Figure(figure)  # plotly takes it
    return figure


def colour_of(figure: Figure, z: float) -> str:
    """The colour of a value that lies on a step of the scale, or in a margin."""
    (trace,) = figure["data"]
    share = (z - trace["zmin"]) / (trace["zmax"] - trace["zmin"])
    for (before, colour), (after, following) in pairwise(trace["colorscale"]):
        if before <= share <= after and before < after:
            return str(colour if share - before <= after - share else following)
    raise AssertionError(share)


def test_a_row_is_a_layer_and_a_column_a_step() -> None:
    shown = flow([[0.001, 0.01, 0.1], [0.002, 0.02, 10.0]], [1, 50])
    (trace,) = drawn(shown)["data"]
    assert trace["x"] == [1, 50]
    assert trace["y"] == list(LAYERS)
    assert np.shape(trace["z"]) == (3, 2)
    assert trace["z"][2] == [-1.0, 1.0]
    assert (trace["zmin"], trace["zmax"]) == (-3, 1)
    assert trace["customdata"][1] == ["0.01", "0.02"]
    assert trace["colorbar"]["ticktext"] == ["10⁻³", "10⁻²", "10⁻¹", "10⁰", "10¹"]


@pytest.mark.parametrize("extra", [[], [0.0], [np.inf], [np.nan], [0.0, np.inf]])
def test_what_has_no_logarithm_has_a_colour_and_a_name(extra: list[float]) -> None:
    values = [0.001, *extra, 10.0]
    figure = drawn(FlowValues([1], [str(i) for i in range(len(values))], np.array([values])))
    (trace,) = figure["data"]
    places = [row[0] for row in trace["z"]]
    assert colour_of(figure, places[0]) == SEQUENTIAL[0]
    assert colour_of(figure, places[-1]) == SEQUENTIAL[-1]
    for value, place in zip(values[1:-1], places[1:-1], strict=True):
        assert colour_of(figure, place) == (NOTHING_COLOUR if value == 0 else TOO_MUCH_COLOUR)
    assert ("0" in trace["colorbar"]["ticktext"]) == (0.0 in extra)
    assert ("∞ or NaN" in trace["colorbar"]["ticktext"]) == any(not np.isfinite(value) for value in extra)


def test_two_runs_have_one_scale_and_one_axis() -> None:
    first, second = flow([[1e-6, 0.0]], [100]), flow([[1.0, 1.0], [2.0, np.inf]], [1, 301])
    figures = drawn(first, second), drawn(second, first)
    for part in ("zmin", "zmax", "colorscale", "colorbar"):
        assert figures[0]["data"][0][part] == figures[1]["data"][0][part]
    assert figures[0]["layout"]["xaxis"]["range"] == figures[1]["layout"]["xaxis"]["range"] == [0, 451]


@pytest.mark.parametrize("value", [0.0, np.nan, 0.5])
def test_one_step_and_values_without_a_range_are_drawn(value: float) -> None:
    figure = drawn(flow([[value, value]]))
    (trace,) = figure["data"]
    assert trace["zmin"] < trace["zmax"]
    assert figure["layout"]["xaxis"]["range"] == [0, 2]


def test_labels_fit_in_their_place() -> None:
    assert drawn(flow([[1.0, 2.0, 3.0]]))["layout"]["yaxis"]["ticktext"] == [
        "conv1",
        "…ath.of.modules.to.conv2",
        "head",
    ]
    names = [f"layer{i}" for i in range(100)]
    many = FlowValues([1], names, np.ones((1, 100)))
    texts = drawn(many)["layout"]["yaxis"]["ticktext"]
    assert MAX_LABELS / 2 < len(texts) <= MAX_LABELS
    assert (texts[0], texts[-1]) == ("layer0", "layer99")
    narrow = drawn(many, is_narrow=True)["layout"]["yaxis"]["ticktext"]
    assert (narrow[0], narrow[-1]) == ("1", "100")


def test_it_is_described() -> None:
    text = describe_gradient_flow(flow([[1.0, 2.0], [0.25, 0.5]]), "gradients")
    assert text == (
        "Gradient norm of 2 layers, from image to answer, at 2 measured steps. At step 2 from 0.25 in conv1 to 0.5 in"
        " a.very.long.path.of.modules.to.conv2."
    )
    text = describe_gradient_flow(flow([[0.0, np.inf]]), "relative")
    assert "At step 1 from 0 in conv1 to 0 in conv1. Of 2 values 1 are exactly 0, and 1 infinite" in text
    assert "At step" not in describe_gradient_flow(flow([[np.nan]]), "weights")
