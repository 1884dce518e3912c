"""What the views of one image do when they are used."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.analysis import analyse
from cnnlab.architectures import FAMILIES, preset
from cnnlab.insight.attribution.methods import ATTRIBUTION_METHODS
from cnnlab.insight.layers import is_map
from cnnlab.runs import Store
from cnnlab.ui.inside import asking
from cnnlab.ui.jobs import job_queue
from tests.ui.conftest import open_page
from tests.ui.inside.conftest import PATIENCE_SECONDS
from tests.ui.inside.test_page import texts
from tests.ui.inside.trained_runs import trained_run

LENET = preset("lenet5_tutorial")


def components(test: AppTest) -> list[dict[str, Any]]:
    return [json.loads(found.proto.json) for found in test.main.get("bidi_component") if found.proto.json]


def pictures(test: AppTest) -> list[dict[str, Any]]:
    """But for the image beside its answer."""
    found = [each for data in components(test) for each in data.get("pictures", ())]
    return [each for each in found if not each["name"].startswith("Test image ")]


def test_each_map_of_a_layer_has_its_number_and_the_caption_its_scale(store: Store) -> None:
    run_id = trained_run(store, LENET)
    test = open_page("inside", run=run_id, layer="features.conv2")
    shown = pictures(test)
    assert [each["caption"] for each in shown] == [str(number) for number in range(16)]
    assert shown[3]["name"].startswith("Map 3: values from ")
    assert "All maps have one scale. Blue is positive" in texts(test)
    test.segmented_control("inside.scale").set_value("One scale per map").run()
    assert "Each map has its own scale" in texts(test)
    assert [each["source"] for each in pictures(test)] != [each["source"] for each in shown]
    test.segmented_control("inside.what").set_value("Filters").run()
    assert [each["name"] for each in pictures(test)] == [f"Kernel for input map {i}" for i in range(6)]


@pytest.mark.usefixtures("store")
def test_more_than_64_maps_are_shown_when_asked_for() -> None:
    name = FAMILIES["vgg"].small
    layer = next(row for row in analyse(preset(name)).rows if is_map(row) and row.output_shape[0] > 64)
    test = open_page("inside", preset=name, dataset="digits", layer=layer.path)
    assert len(pictures(test)) == 64
    test.toggle("inside.all").set_value(True).run()
    assert len(pictures(test)) == layer.output_shape[0]


def test_the_numbers_of_a_dense_layer_are_bars(store: Store) -> None:
    run_id = trained_run(store, LENET)
    test = open_page("inside", run=run_id, layer="classifier.dense1")
    assert "120 numbers from" in texts(test)
    assert not pictures(test)


def test_every_map_of_an_answer_stands_beside_its_check(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "IN_PAGE_SECONDS", 3600.0)
    run_id = trained_run(store, LENET)
    test = open_page("inside", run=run_id, image="3", view="why")
    cards = [data["pictures"] for data in components(test) if len(data.get("pictures", ())) > 1]
    written = texts(test)
    shown = [name for name, method in ATTRIBUTION_METHODS.items() if f"The map of {method.title}" in str(cards)]
    assert shown
    for card in cards:
        assert len(card) == 3
        assert card[2]["name"].endswith("with random weights")
    assert written.count("random weights") >= len(cards)
    assert "rank correlation" in written
    # Another class is explained.
    title = test.header[0].value
    test.selectbox("inside.target").select_index(5).run()
    assert test.header[0].value != title
    # Another view and back.
    for view in ("through", "why"):
        test.segmented_control("inside.view").set_value(view).run()
        assert not test.exception


def test_a_slow_method_is_a_job_that_can_be_stopped(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "IN_PAGE_SECONDS", 0.0)
    run_id = trained_run(store, LENET)
    test = open_page("inside", run=run_id, image="3", view="why")
    assert not pictures(test)
    button = test.button("inside.explain.saliency")
    assert button.label.startswith("Compute it: about ")
    button.click().run()
    (key,) = test.session_state["inside.wanted jobs"]
    job = job_queue().find(key)
    assert job is not None
    test.button("inside.explain.occlusion").click().run()
    test.button("inside.stop.occlusion").click().run()
    assert list(test.session_state["inside.wanted jobs"]) == [key]
    assert job.wait(PATIENCE_SECONDS)
    test.run()
    (image, of_method, random) = pictures(test)
    assert (image["name"], of_method["name"]) == ("The image", "The map of Saliency")
    assert random["source"] != of_method["source"]
    assert test.button("inside.explain.occlusion")


def test_the_field_of_a_unit_untrained_beside_trained(store: Store) -> None:
    run_id = trained_run(store, LENET)
    test = open_page("inside", run=run_id, view="unit", layer="features.conv2")
    assert [each["caption"] for each in pictures(test)] == ["Untrained", "Trained for 1 epoch"]
    assert "depends on 14 × 14 pixels" in texts(test)
    before = pictures(test)
    test.number_input("inside.unit.row.features.conv2").set_value(0).run()
    assert pictures(test) != before
    test.number_input("inside.unit.channel.features.conv2").set_value(15).run()
    assert len(pictures(test)) in (1, 2)
