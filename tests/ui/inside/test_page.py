"""The Inside page at every address, also those that make no sense: a sentence, and no traceback."""

import re
import sqlite3

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.architectures import FAMILIES, preset
from cnnlab.runs import Store
from cnnlab.runs.store.housekeeping import compact, delete_run
from cnnlab.ui.inside.views import VIEWS
from tests.insight.small_networks import SPECS
from tests.ui.conftest import open_page, submit
from tests.ui.inside.trained_runs import trained_run
from tests.ui.runs.test_page import carried_out

LENET = preset("lenet5_tutorial")
OF_ONE_IMAGE = ("through", "why", "unit")


def texts(test: AppTest) -> str:
    """All that is written on the page, without Markdown's backslashes."""
    elements = (*test.error, *test.warning, *test.info, *test.caption, *test.markdown, *test.header)
    return re.sub(r"\\([^\w\s]|_)", r"\1", "\n".join(str(element.value) for element in elements))


def num_components(test: AppTest) -> int:
    return len(test.main.get("bidi_component"))


@pytest.mark.parametrize("view", OF_ONE_IMAGE)
def test_views_of_a_trained_network(store: Store, view: str) -> None:
    run_id = trained_run(store, LENET)
    test = open_page("inside", run=run_id, image="3", view=view)
    assert not test.warning
    assert not test.error
    assert num_components(test) > 1
    assert test.query_params["view"] in (view, [view])


@pytest.mark.parametrize("family", ["resnet", "googlenet"])
@pytest.mark.parametrize("view", OF_ONE_IMAGE)
def test_views_of_deeper_networks(store: Store, family: str, view: str) -> None:
    run_id = trained_run(store, SPECS[family])
    assert not open_page("inside", run=run_id, view=view).error


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("view", OF_ONE_IMAGE)
@pytest.mark.parametrize("initialisation", ["default", "normal"])
def test_views_of_an_untrained_network(view: str, initialisation: str) -> None:
    test = open_page(
        "inside", preset="lenet5_tutorial", dataset="digits", initialisation=initialisation, view=view, image="5"
    )
    assert not test.warning
    assert not test.error
    assert test.selectbox("inside.initialisation").value == initialisation


@pytest.mark.sweep
@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("family", sorted(set(FAMILIES) - {"torchvision"}))
@pytest.mark.parametrize("view", OF_ONE_IMAGE)
def test_views_of_every_family(family: str, view: str) -> None:
    assert not open_page("inside", preset=FAMILIES[family].small, dataset="digits", view=view).error


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"layer": "features.conv22"}, "did you mean features.conv2?"),
        ({"layer": "nonsense"}, "`layer` must be a layer of the network"),
        ({"image": "-1"}, "`image` must be a whole number from 0 to"),
        ({"image": "9" * 400}, "`image` must be a whole number from 0 to"),
        ({"epoch": "banana"}, "`epoch` must be one of 0, 1, and it is banana"),
        ({"epoch": "7"}, "`epoch` must be one of 0, 1, and it is 7"),
        ({"view": "x"}, "`view` must be one of"),
    ],
)
def test_what_an_address_cannot_mean_is_said(store: Store, parameters: dict[str, str], sentence: str) -> None:
    run_id = trained_run(store, LENET)
    test = open_page("inside", run=run_id, **parameters)
    assert sentence in texts(test)
    assert num_components(test) > 1  # something is shown all the same


def test_a_layer_without_a_map_has_no_field(store: Store) -> None:
    run_id = trained_run(store, LENET)
    test = open_page("inside", run=run_id, view="unit", layer="classifier.dense1")
    assert "`classifier.dense1` has no map of several cells" in texts(test)
    assert test.selectbox("inside.layer.name").value == "features.conv2"


def test_runs_without_a_network(store: Store) -> None:
    assert "abcdefghij" in texts(open_page("inside", run="abcdefghij"))
    waiting = submit(store, "waiting")
    assert "The run 'waiting' has not finished an epoch: wait" in texts(open_page("inside", run=waiting, epoch="1"))
    ended, _ = carried_out(store, "ended")
    assert "The run 'ended' has ended, and keeps no network" in texts(open_page("inside", run=ended))
    delete_run(store, ended)
    compact(store)
    assert ended in texts(open_page("inside", run=ended))


def test_a_data_set_that_is_gone(store: Store) -> None:
    run_id = trained_run(store, LENET)
    connection = sqlite3.connect(store.folder / "runs.sqlite")
    with connection:
        connection.execute("UPDATE runs SET recipe = replace(recipe, 'digits', 'own:my-cats-0123abcd')")
    connection.close()
    assert "'my cats' are not on this machine: import their zip again" in texts(open_page("inside", run=run_id))


def test_every_view_is_tested() -> None:
    assert set(OF_ONE_IMAGE) <= set(VIEWS)
