"""The Convolution page in each of its parts, without a browser."""

import json
import time
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.analysis.convolution.factorisations import PAIR_NAMES
from cnnlab.analysis.convolution.one_layer import OneLayer, layer_costs
from cnnlab.analysis.timing.layer_time import ROUNDS
from cnnlab.insight.one_layer.kernel_learning import KERNEL_TASKS, largest_rate
from cnnlab.insight.one_layer.window import OPERATION_NAMES, Sliding, stages
from cnnlab.ui.convolution import learning as convolution_learning
from cnnlab.words import numbers
from tests.ui.conftest import open_page
from tests.ui.numbers import number, number_rows


def components(test: AppTest) -> list[dict[str, Any]]:
    """The data that the page's components are given, but for those of its knobs and those that all pages have."""
    found = [json.loads(element.proto.json) for element in test.get("bidi_component") if element.proto.json]
    return [data for data in found if not {"answered", "on"} & data.keys()]


def knob(part: str, *field: str) -> str:
    return ".".join((f"convolution knob.{part}", *field))


@pytest.mark.parametrize("operation", OPERATION_NAMES)
def test_the_window_is_given_what_torch_computed(operation: str) -> None:
    test = open_page("convolution", operation=operation, picture="shapes", out_channels="2")
    (data,) = components(test)
    sliding = Sliding(operation=operation, picture="shapes", out_channels=2)  # type: ignore[arg-type]
    shown = [[[list(row) for row in part.values] for part in stage.outputs] for stage in stages(sliding)]
    assert [[part["values"] for part in stage["outputs"]] for stage in data["stages"]] == shown
    assert data["flipped"] == (operation == "convolution")
    assert bool(data["filters"]) == ("pooling" not in operation)
    assert test.query_params["part"] == "steps"


def test_a_link_says_where_the_window_stands() -> None:
    test = open_page("convolution", row="3", column="5")
    (data,) = components(test)
    assert data["start"] == {"step": 1, "map": 1, "row": 3, "column": 5}
    assert not test.warning
    # Another window has no such place.
    number(test, knob("steps", "stride")).put(3)
    assert components(test)[0]["start"] is None
    refused = open_page("convolution", row="9")
    assert "`row` must be a whole number from 1 to 8 here" in refused.warning[0].value
    assert components(refused)[0]["start"] is None


def test_a_window_that_does_not_fit_is_a_sentence() -> None:
    test = open_page("convolution", kernel="blur", kernel_size="7", dilation="3", padding="0")
    assert "covers 19 pixels" in test.error[0].value
    assert not components(test)
    number(test, knob("steps", "dilation")).put(1)
    assert not test.error
    assert len(components(test)) == 1
    assert "dilation" not in test.query_params


def test_knobs_that_change_nothing_are_not_shown() -> None:
    test = open_page("convolution")
    keys = [*number_rows(test), *(widget.key for widget in (*test.selectbox, *test.text_input))]
    fields = {key.split(".")[2] for key in keys}
    assert fields == {"picture", "digit", "operation", "kernel", "stride", "padding", "dilation", "out_channels"}
    test.selectbox(knob("steps", "kernel", "choice")).select("typed").run()
    assert test.text_input(knob("steps", "weights", "text")).value == "0 1 0; 1 -4 1; 0 1 0"


def test_a_typed_kernel_may_be_nonsense() -> None:
    test = open_page("convolution", kernel="typed", weights="<script>; 1")
    assert "for a number" in test.error[0].value
    assert "\\<script\\>" in test.error[0].value


def test_each_part_keeps_its_knobs() -> None:
    test = open_page("convolution", part="cost", out_channels="256")
    part = test.get("button_group")[0]
    part.set_value("learn").run()
    assert not test.exception
    assert test.query_params["part"] == "learn"
    assert "out_channels" not in test.query_params
    test.get("button_group")[0].set_value("cost").run()
    assert test.query_params["out_channels"] == "256"


def test_the_prices_are_those_of_the_layer() -> None:
    test = open_page("convolution", part="cost", in_channels="32", out_channels="64", image_size="112")
    layer = OneLayer(in_channels=32, out_channels=64, image_size=112)
    assert [metric.value for metric in test.metric] == [numbers.macs(cost.macs) for cost in layer_costs(layer).values()]
    assert test.metric[2].delta == "7.9 times fewer"
    assert len(test.latex) == 5  # two of them again for a phone, and the size


def test_the_time_is_measured_when_asked_for() -> None:
    test = open_page("convolution", part="cost", in_channels="4", out_channels="4", groups="2", image_size="8")
    assert "–" in test.table[0].value["Time"].tolist()
    test.button("convolution.measure").click().run()
    assert not test.exception
    times = test.table[0].value["Time"].tolist()
    assert all("ms" in written for written in times)
    assert any("of its time" in element.value for element in test.markdown)
    assert f"median of {ROUNDS} rounds" in test.caption[-1].value


def test_a_layer_that_is_too_large_is_not_measured() -> None:
    test = open_page("convolution", part="cost", in_channels="2048", out_channels="2048", image_size="512")
    assert test.button("convolution.measure").disabled
    assert "set Feature map size to 11, or use fewer channels" in test.caption[-1].value
    test.button("convolution.measure.problem.fix.0").click().run()
    assert test.query_params["image_size"] == "11"
    assert not test.button("convolution.measure").disabled


@pytest.mark.parametrize("pair", PAIR_NAMES)
def test_every_pair_is_drawn_and_priced(pair: str) -> None:
    test = open_page("convolution", part="factors", pair=pair)
    (drawing,) = components(test)
    assert drawing["svg"].startswith("<svg")
    assert len(test.metric) == 4
    assert len(test.table[0].value) == len(PAIR_NAMES)


def test_a_kernel_is_learned_tick_by_tick() -> None:
    test = open_page("convolution", part="learn")
    assert "Step **0** of 30" in " ".join(element.value for element in test.markdown)
    test.button("learn.start").click().run()
    assert test.button("learn.stop")
    deadline = time.monotonic() + 60
    while "learn.stop" in {button.key for button in test.button}:
        assert time.monotonic() < deadline
        test.run()
        assert not test.exception
    assert "Step **30** of 30" in " ".join(element.value for element in test.markdown)
    kernels = [data["alt"] for data in components(test) if "kernel" in data.get("alt", "")]
    assert kernels == ["Learned kernel: 1.00, -1.00.", "Hidden kernel: 1.00, -1.00."]


def test_learning_can_be_stopped_and_begun_anew() -> None:
    test = open_page("convolution", part="learn", steps="5000", learning_rate="0.001")
    test.button("learn.start").click().run()
    test.button("learn.stop").click().run()
    taken = next(element.value for element in test.markdown if element.value.startswith("Step"))
    test.run()
    assert next(element.value for element in test.markdown if element.value.startswith("Step")) == taken
    assert taken.startswith(f"Step **{-(-5000 // convolution_learning.TICKS)}** of 5000")
    test.button("learn.task.digit").click().run()
    assert test.query_params["picture"] == "mnist5k"
    assert "Step **0** of 400" in " ".join(element.value for element in test.markdown)


def test_a_learning_rate_that_is_too_large_is_a_sentence() -> None:
    test = open_page("convolution", part="learn", learning_rate="0.5", steps="500")
    test.button("learn.start").click().run()
    deadline = time.monotonic() + 60
    while not test.error:
        assert time.monotonic() < deadline
        test.run()
    assert "learning rate is 0.5" in test.error[0].value
    assert f"below {largest_rate(KERNEL_TASKS['d2l']):.2g}" in test.error[0].value


def test_a_proposed_value_is_set_by_a_button() -> None:
    test = open_page("convolution", part="cost", kind="grouped", in_channels="64", groups="3")
    assert "Groups g must divide Input channels C" in test.error[0].value
    offered = {button.label: button for button in test.button if ".fix." in (button.key or "")}
    assert set(offered) == {"Set Groups g to 2", "Set Groups g to 4"}
    offered["Set Groups g to 2"].click().run()
    assert not test.error
    assert test.query_params["groups"] == "2"
    assert number(test, knob("cost", "groups")).value == 2
