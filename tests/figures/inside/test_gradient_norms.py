"""The gradient norms of a step, drawn with the names of the tensors where there is room for them."""

import plotly.graph_objects as go
import pytest

from cnnlab.figures.inside.gradient_norms import MOST_NAMED, describe_norms, norm_dots

FEW = {"<conv>.weight": 0.001, "dense.weight": 10.0, "dense.bias": 0.0}
MANY = {f"layer{i}.weight": 10.0**-i for i in range(MOST_NAMED + 1)}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("norms", [FEW, MANY])
def test_each_tensor_has_its_norm(norms, theme):
    weights = {name for name in norms if name.endswith("weight")}
    figure = norm_dots(norms, weights=weights, theme=theme)
    go.Figure(figure)
    drawn = {name: x for trace in figure["data"] for name, x in zip(trace["text"], trace["x"], strict=True)}
    assert drawn == {name.replace("<", "&lt;").replace(">", "&gt;"): norm or None for name, norm in norms.items()}
    assert len(figure["data"][0]["x"]) == len(weights)
    assert figure["layout"]["xaxis"]["type"] == "log"
    places = [place for trace in figure["data"] for place in trace["y"]]
    assert sorted(places) == list(range(1, len(norms) + 1))
    bottom, top = figure["layout"]["yaxis"]["range"]
    assert top < min(places)
    assert bottom > max(places)


def test_names_are_ticks_only_where_they_fit():
    axis = norm_dots(FEW, weights=(), theme="light")["layout"]["yaxis"]
    assert axis["ticktext"] == ["&lt;conv&gt;.weight", "dense.weight", "dense.bias"]
    assert "ticktext" not in norm_dots(MANY, weights=(), theme="light")["layout"]["yaxis"]


def test_the_description_names_the_extremes():
    assert "from 0 (dense.bias) to 10 (dense.weight)" in describe_norms(FEW)
