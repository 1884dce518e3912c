"""The gradient norms of a step, drawn with the names of the tensors where there is room for them."""

import plotly.graph_objects as go
import pytest

from cnnlab.figures.insight.gradient_norms import MOST_NAMED, describe_norms, norm_dots

FEW = {"<conv>.weight": 0.001, "dense.weight": 10.0, "dense.bias": 0.0}
MANY = {f"layer{i}.weight": 10.0**-i for i in range(MOST_NAMED + 1)}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("norms", [FEW, MANY])
def test_each_tensor_has_its_norm(norms, theme):
    figure = norm_dots(norms, theme=theme)
    go.Figure(figure)
    (trace,) = figure["data"]
    assert trace["x"] == [norm or None for norm in norms.values()]
    assert figure["layout"]["xaxis"]["type"] == "log"
    top, bottom = figure["layout"]["yaxis"]["range"][::-1]
    assert top < min(trace["y"])
    assert bottom > max(trace["y"])


def test_names_are_ticks_only_where_they_fit():
    assert norm_dots(FEW, theme="light")["layout"]["yaxis"]["ticktext"][0] == "&lt;conv&gt;.weight"
    assert "ticktext" not in norm_dots(MANY, theme="light")["layout"]["yaxis"]


def test_the_description_names_the_extremes():
    assert "from 0 (dense.bias) to 10 (dense.weight)" in describe_norms(FEW)
