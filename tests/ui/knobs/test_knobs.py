"""Knobs: every setting has a widget that shows its value, changes it, and takes the change back."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.architectures import FAMILIES, preset, preset_names
from cnnlab.spec import Spec
from cnnlab.training import Recipe
from cnnlab.ui.knobs.list_table import in_tables


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
    found = [*test.slider, *test.select_slider, *test.number_input, *test.selectbox, *test.toggle, *test.text_input]
    return {widget.key: widget for widget in found}


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
    found = page(spec).slider
    assert found
    for slider in found:
        setting = spec.settings()[slider.key.split(".")[1]]
        assert (slider.min, slider.max) == setting.knob.soft


def test_a_change_reaches_the_value_and_is_taken_back() -> None:
    test = page(preset("resnet18"))
    assert not test.button
    test.slider("knob.width.slider").set_value(48).run()
    assert values(test)["width"] == 48
    assert [button.key for button in test.button] == ["knob.width.reset"]
    test.button("knob.width.reset").click().run()
    assert values(test) == preset("resnet18").values
    assert next(slider for slider in test.slider if slider.label == "Width of the first stage").value == 64


def test_a_choice_a_switch_and_a_list_entry_change() -> None:
    test = page(preset("resnet18"))
    test.selectbox("knob.activation.choice").select("gelu").run()
    test.toggle("knob.bias.switch").set_value(True).run()
    test.slider("knob.depths.2.slider").set_value(5).run()
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
    test.number_input("knob.stages.count").set_value(5).run()
    assert values(test)["depths"] == (2, 3, 4, 4, 4)
    test.number_input("knob.stages.count").set_value(2).run()
    assert values(test)["depths"] == (2, 3)
    assert not test.exception


def test_a_list_is_taken_back_as_a_whole() -> None:
    test = page(preset("resnet18"))
    test.number_input("knob.stages.count").set_value(2).run()
    test.slider("knob.depths.0.slider").set_value(5).run()
    test.button("knob.stages.reset").click().run()
    assert values(test) == preset("resnet18").values
    count = next(field for field in test.number_input if field.label == "Number of stages")
    assert (count.key, count.value) == ("knob.stages.count.1", 4)
    assert [slider.value for slider in test.slider if slider.label.startswith("Blocks in stage")] == [2, 2, 2, 2]
    count.set_value(3).run()
    assert values(test)["depths"] == (2, 2, 2)


def test_a_value_beyond_the_slider_is_typed_and_kept() -> None:
    test = page(preset("resnet18"), width=500)
    assert test.number_input("knob.width.number").value == 500
    assert values(test)["width"] == 500
    test.number_input("knob.width.number").set_value(100).run()
    assert test.slider("knob.width.slider").value == 100


def test_a_value_between_the_stops_of_a_slider_is_typed() -> None:
    test = page(Recipe(), batch_size=50, learning_rate=0.003)
    assert test.number_input("knob.batch_size.number").value == 50
    assert test.number_input("knob.learning_rate.number").value == 0.003


def test_a_number_known_by_its_order_has_stops_at_1_2_and_5() -> None:
    slider = page(Recipe()).select_slider("knob.learning_rate.stops")
    assert slider.value == 0.002
    assert slider.options[:4] == ["0.0001", "0.0002", "0.0005", "0.001"]
    assert slider.options[-1] == "1"


def test_a_small_number_shows_its_digits() -> None:
    slider = page(Recipe(), weight_decay=0.0003).slider("knob.weight_decay.slider")
    assert slider.proto.format == "%.4f"


def test_problems_stand_beside_their_knob_with_their_text_as_text() -> None:
    test = page(preset("resnet18"), width=2048)
    assert values(test)["width"] == 2048
    sentences = [element.value for element in test.markdown if ":red[" in element.value]
    assert len(sentences) == 1
    assert "`width`" in sentences[0]
    assert "8192" in sentences[0]


def test_an_emptied_field_goes_back_to_its_value() -> None:
    test = page(preset("resnet18"), width=500)
    test.number_input("knob.width.number").set_value(None).run()
    assert values(test)["width"] == 500
    assert test.number_input("knob.width.number").value == 500
    test.number_input("knob.stages.count").set_value(None).run()
    assert values(test)["depths"] == (2, 2, 2, 2)


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
    assert "knob.width.slider" in widgets(test)
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
    assert any("`groups`" in element.value for element in test.markdown if ":red[" in element.value)
