"""Knobs: every setting has a widget that shows its value, changes it, and takes the change back."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.architectures import FAMILIES, preset, preset_names
from cnnlab.spec import Spec
from cnnlab.training import Recipe
from cnnlab.ui.knobs.list_table import in_tables
from tests.ui.numbers import number, number_rows


def _page(reference: "Spec", changes: "dict[str, Any]") -> None:  # its source is run elsewhere, without these names
    import streamlit as st

    from cnnlab.ui.knobs.panel import show_knobs

    values = st.session_state.setdefault("values", {**reference.values, **changes})
    _, problems = type(reference).check(values)
    show_knobs(reference.settings(), values, reference=reference.values, problems=problems, key="knob")


def page(reference: Spec, **changes: Any) -> AppTest:
    test = AppTest.from_function(_page, args=(reference, changes), default_timeout=30).run()
    assert not test.exception
    return test


def values(test: AppTest) -> dict[str, Any]:
    shown: dict[str, Any] = test.session_state["values"]
    return shown


def widgets(test: AppTest) -> dict[str, Any]:
    found = {widget.key: widget for widget in (*test.selectbox, *test.toggle, *test.text_input)}
    return {**found, **{f"{key}.number": row for key, row in number_rows(test).items()}}


FIRST_PRESETS = {next(iter(family.presets)) for family in FAMILIES.values()}


@pytest.mark.parametrize(
    "name",
    [name if name in FIRST_PRESETS else pytest.param(name, marks=pytest.mark.sweep) for name in preset_names()],
)
def test_every_field_that_matters_has_a_widget_with_its_value(name: str) -> None:
    spec = preset(name)
    found = widgets(page(spec))
    tables = [setting for members in in_tables(spec.settings().values(), spec.values).values() for setting in members]
    for field, setting in spec.settings().items():
        if setting in tables:
            continue
        if setting.kind == "text" and setting.is_list:
            continue  # it has a table
        value = spec.values[field]
        entries = {f"knob.{field}": value} if not isinstance(value, tuple) else {}
        if isinstance(value, tuple):
            entries = {f"knob.{field}.{i}": entry for i, entry in enumerate(value)}
        for key, entry in entries.items():
            of_field = [widget for name, widget in found.items() if name.rpartition(".")[0] == key]
            assert [widget.value for widget in of_field] == ([entry] if setting.knob.matters(spec.values) else [])


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_sliders_keep_their_bounds_whatever_the_value(family: Any) -> None:
    spec = next(iter(family.presets.values()))
    settings = spec.settings()
    found = [
        (settings[key.split(".")[1]], row)
        for key, row in number_rows(page(spec)).items()
        if key.split(".")[1] in settings
    ]
    assert found
    for setting, row in found:
        assert (row.shown["low"], row.shown["high"]) == (setting.knob.soft or (None, None))


def test_a_change_reaches_the_value_and_is_taken_back() -> None:
    test = page(preset("resnet18"))
    assert not test.button
    number(test, "knob.width").put(48)
    assert values(test)["width"] == 48
    assert number(test, "knob.width").shown["usual"] == 64
    number(test, "knob.width").put(None)
    assert values(test) == preset("resnet18").values
    assert number(test, "knob.width").value == 64
    test.selectbox("knob.activation.choice").select("gelu").run()
    assert [button.key for button in test.button] == ["knob.activation.reset"]
    test.button("knob.activation.reset").click().run()
    assert values(test) == preset("resnet18").values


def test_changes_of_one_request_are_taken_in_their_order_and_nonsense_is_not() -> None:
    test = page(preset("resnet18"))
    number(test, "knob.width").put(48, None, 72, True, [1], {"a": 1}, 1e400, -(10**400), "no such remedy")
    assert values(test)["width"] == 72
    number(test, "knob.width").put(64.0)
    assert values(test) == preset("resnet18").values
    assert isinstance(values(test)["width"], int)


def test_a_choice_a_switch_and_a_list_entry_change() -> None:
    test = page(preset("resnet18"))
    test.selectbox("knob.activation.choice").select("gelu").run()
    test.toggle("knob.bias.switch").set_value(True).run()
    number(test, "knob.depths.2").put(5)
    assert values(test)["activation"] == "gelu"
    assert values(test)["bias"] is True
    assert values(test)["depths"] == (2, 2, 5, 2)
    assert not test.exception


def test_choices_have_their_written_names() -> None:
    test = page(preset("resnet18"))
    assert "GELU" in test.selectbox("knob.activation.choice").options


def test_a_knob_that_does_not_matter_is_hidden_until_it_does() -> None:
    test = page(preset("resnet18"))
    assert not [key for key in widgets(test) if key.startswith("knob.groups")]
    test.selectbox("knob.convolution.choice").select("grouped").run()
    assert [key for key in widgets(test) if key.startswith("knob.groups")]


def test_a_list_grows_by_its_last_entry_and_shrinks_from_its_end() -> None:
    test = page(preset("resnet18"), depths=(2, 3, 4))
    number(test, "knob.stages").put(5)
    assert values(test)["depths"] == (2, 3, 4, 4, 4)
    number(test, "knob.stages").put(2)
    assert values(test)["depths"] == (2, 3)
    assert not test.exception


def test_a_list_is_taken_back_as_a_whole() -> None:
    test = page(preset("resnet18"))
    number(test, "knob.stages").put(2)
    number(test, "knob.depths.0").put(5)
    number(test, "knob.stages").put(None)
    assert values(test) == preset("resnet18").values
    assert number(test, "knob.stages").value == 4
    assert [number(test, f"knob.depths.{i}").value for i in range(4)] == [2, 2, 2, 2]
    number(test, "knob.stages").put(3)
    assert values(test)["depths"] == (2, 2, 2)


def test_a_list_has_no_more_entries_than_it_may() -> None:
    test = page(preset("resnet18"))
    assert number(test, "knob.stages").shown["limits"] == [1, 6]
    for length in (0, 7, 2.5):
        number(test, "knob.stages").put(length)
        assert values(test) == preset("resnet18").values


def test_a_value_beyond_the_slider_is_typed_and_kept() -> None:
    test = page(preset("resnet18"))
    number(test, "knob.width").put(500)
    assert values(test)["width"] == number(test, "knob.width").value == 500
    assert number(test, "knob.width").shown["high"] == 128
    assert not number(test, "knob.width").shown["problems"]


def test_a_value_that_the_field_does_not_accept_is_kept_with_its_problem() -> None:
    test = page(Recipe())
    for typed, rule in ((2.5, "must be a whole number, and it is 2.5"), (0, "must be at least 1, and it is 0")):
        number(test, "knob.epochs").put(typed)
        assert number(test, "knob.epochs").value == typed
        (problem,) = number(test, "knob.epochs").shown["problems"]
        assert rule in problem["sentence"]
    number(test, "knob.epochs").put(30)
    assert values(test)["epochs"] == 30
    assert not number(test, "knob.epochs").shown["problems"]


def test_a_value_between_the_stops_of_a_slider_is_kept() -> None:
    test = page(Recipe(), batch_size=50, learning_rate=0.003)
    assert number(test, "knob.batch_size").value == 50
    assert number(test, "knob.learning_rate").value == 0.003


def test_a_number_known_by_its_order_has_stops_at_1_2_and_5() -> None:
    stops = number(page(Recipe()), "knob.learning_rate").shown["stops"]
    assert stops[:4] == [0.0001, 0.0002, 0.0005, 0.001]
    assert stops[-1] == 1


def test_problems_stand_beside_their_knob_with_their_text_as_text() -> None:
    test = page(preset("resnet18"), width=2048)
    assert values(test)["width"] == 2048
    (problem,) = number(test, "knob.width").shown["problems"]
    assert "Width of the first stage" in problem["sentence"]
    assert "8192" in problem["sentence"]


def _folded_page(changes: "dict[str, Any]") -> None:  # its source is run elsewhere, without these names
    import streamlit as st

    from cnnlab.architectures import preset
    from cnnlab.ui.knobs.panel import show_knobs

    spec = preset("resnet18")
    values = st.session_state.setdefault("values", {**spec.values, **changes})
    _, problems = type(spec).check(values)
    show_knobs(spec.settings(), values, reference=spec.values, problems=problems, key="knob", folded=["Layer types"])


def folded_page(**changes: Any) -> AppTest:
    test = AppTest.from_function(_folded_page, args=(changes,), default_timeout=30).run()
    assert not test.exception
    return test


def test_the_knobs_of_a_folded_group_are_there_once_it_is_opened() -> None:
    test = folded_page()
    assert "knob.activation.choice" not in widgets(test)
    assert "knob.width.number" in widgets(test)
    test.session_state["knob.Layer types.open"] = True
    test.run()
    test.selectbox("knob.activation.choice").select("gelu").run()
    assert values(test)["activation"] == "gelu"


def test_a_folded_group_is_marked_if_a_knob_in_it_is_changed() -> None:
    assert [expander.label for expander in folded_page().expander] == ["Layer types"]
    assert [expander.label for expander in folded_page(activation="gelu").expander] == ["Layer types •"]


def test_a_problem_opens_a_folded_group() -> None:
    test = folded_page(convolution="grouped", groups=5000)
    assert "knob.groups.number" in widgets(test)
    (problem,) = number(test, "knob.groups").shown["problems"]
    assert problem == {
        "sentence": "Groups must be at most 1024, and it is 5000: use 1 to 1024.",
        "remedies": ["Set Groups to 1024"],
    }
    number(test, "knob.groups").put("Set Groups to 1024")
    assert values(test)["groups"] == 1024
    assert not number(test, "knob.groups").shown["problems"]
