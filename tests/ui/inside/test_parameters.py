"""The parameters on the Inside page: every tensor, under each initialisation, over the epochs."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.insight.parameter_report import quantiles
from cnnlab.insight.parameters import initialisations, parameter_tensors
from cnnlab.runs import Run, Store
from cnnlab.runs.isolated import parameters as isolated
from cnnlab.runs.isolated.tasks import TASKS
from cnnlab.runs.results.trained import network_at
from cnnlab.runs.store.files import epoch_file
from cnnlab.ui.inside import asking
from tests.ui.conftest import open_page
from tests.ui.inside.conftest import RECIPE, ask


def components(page: AppTest, name: str) -> list[dict[str, Any]]:
    found = [part.proto for part in page.get("bidi_component") if name in part.proto.component_name]
    return [json.loads(part.bytes or part.json) for part in found if part.bytes or part.json]


def charts(page: AppTest) -> list[dict[str, Any]]:
    return [chart for chart in components(page, "live_chart") if chart.get("figure")]


def test_a_trained_network(trained: Run, store: Store) -> None:
    page = open_page("inside", view="parameters", run=trained.id)
    network = network_at(trained, folder=store.folder)
    first, *others = parameter_tensors(network)
    values, panels, bands = (chart["figure"] for chart in charts(page))
    assert values["data"][0]["y"] == list(first.counts)
    begun = [tensors[0] for tensors in initialisations(trained.spec, RECIPE.seed).values()]
    assert [trace["customdata"] for trace in panels["data"]] == [list(t.counts) for t in (first, *begun)]
    median = bands["data"][-1]
    assert median["x"] == [0, 1, 2]
    expected = [quantiles(network_at(trained, epoch, folder=store.folder).features.conv1.weight) for epoch in range(3)]
    assert median["y"] == [pytest.approx(found[3]) for found in expected if found]
    (table,) = components(page, "number_table")
    assert [row["name"] for row in table["rows"]] == [tensor.name for tensor in (first, *others)]
    assert [row["cells"][1]["text"] for row in table["rows"]] == [f"{tensor.std:.3g}" for tensor in (first, *others)]
    assert page.main.table[0].value["std by its rule"].tolist()[1] == "√\\(2 / fan\\_in\\) \\= 0\\.2828"


def test_another_tensor_and_the_layer_of_the_address(trained: Run) -> None:
    page = open_page("inside", view="parameters", run=trained.id, layer="classifier.dense2")
    assert page.selectbox("inside.parameters.tensor").value == "classifier.dense2.weight"
    page.selectbox("inside.parameters.tensor").set_value("features.conv2.bias").run()
    assert not page.exception
    assert any("16 = 16 values, 0 of them 0" in part.value.replace("\\", "") for part in page.main.markdown)
    assert not page.main.table  # a bias has no rule


@pytest.mark.usefixtures("store")
def test_an_untrained_network_has_no_epochs() -> None:
    page = open_page("inside", view="parameters", preset="lenet5_tutorial", dataset="digits", initialisation="normal")
    values, panels = charts(page)
    own, *_, normal = panels["figure"]["data"]
    assert own["customdata"] == normal["customdata"]
    assert values["alt"].startswith("The values of this network")


def test_a_damaged_epoch_is_a_sentence(trained: Run, store: Store) -> None:
    epoch_file(store.folder, trained.id, 1).write_bytes(b"damaged")
    page = open_page("inside", view="parameters", run=trained.id)
    assert [error.value for error in page.main.error]
    assert not charts(page)


@pytest.mark.usefixtures("store")
def test_a_large_network_is_read_elsewhere_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "results_of", lambda task, arguments: TASKS[task](arguments))
    monkeypatch.setattr(asking, "IN_PAGE_SECONDS", 0.0)
    page = open_page("inside", view="parameters", preset="resnet20_cifar", dataset="shapes")
    assert not charts(page)
    ask(page, "parameters")
    assert len(charts(page)) == 2
    assert len(page.selectbox("inside.parameters.tensor").options) == 59
