"""The Compare page without a browser: what it shows, and what its buttons do to the comparison and the address."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.analysis.comparison.ready import READY_COMPARISONS
from cnnlab.architectures import preset, preset_names
from cnnlab.runs import Store, open_store
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import EpochEnd, Finished, Recipe, Started
from cnnlab.ui.state.comparison import FIRST_READY
from cnnlab.ui.state.comparison_link import ComparedNetwork, Comparison, write_network
from cnnlab.ui.state.store import close_store

ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path))
    close_store()
    opened = open_store()
    yield opened
    opened.close()
    close_store()


pytestmark = pytest.mark.usefixtures("store")


def page(*networks: str, **parameters: str) -> AppTest:
    test = AppTest.from_file(ROOT / "cnnlab/ui/main.py", default_timeout=60)
    test.switch_page("../../pages/compare.py")
    if networks:
        test.query_params["net"] = list(networks)
    for name, value in parameters.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception
    return test


def finished(store: Store, accuracy: float, name: str = "my run") -> str:
    """A run that somebody has carried out."""
    run = store.submit(preset("lenet5_tutorial"), Recipe(dataset="digits"), name=name, owner="somebody")
    pen = Recorder(store.database, store.folder, run.id)
    assert pen.begin()
    pen.write(
        Started(
            device="cpu", num_params=61706, steps_per_epoch=46, total_steps=46, num_train=1442, num_test=355, notes=()
        )
    )
    pen.write(
        EpochEnd(
            epoch=1,
            step=46,
            train_loss=0.5,
            train_accuracy=0.9,
            test_loss=0.4,
            test_accuracy=accuracy,
            is_best=True,
            seconds=1.0,
        )
    )
    pen.write(
        Finished(
            state="done",
            test_accuracy=accuracy,
            best_test_accuracy=accuracy,
            best_epoch=1,
            examples_per_second=1442.0,
            device="cpu",
            seconds=1.0,
        )
    )
    return run.id


def components(test: AppTest) -> list[dict[str, Any]]:
    """What each component of the page was given."""
    return [json.loads(found.proto.json) for found in test.get("bidi_component") if found.proto.json]


def rows(test: AppTest) -> list[dict[str, Any]]:
    """The rows of the table of networks."""
    shown: list[dict[str, Any]] = next(data["rows"] for data in components(test) if "rows" in data)
    return shown


def names(test: AppTest) -> list[str]:
    return [row["name"] for row in rows(test)]


def address(test: AppTest) -> list[str]:
    return list(test.query_params["net"])


def test_a_visitor_without_a_link_sees_one_that_is_ready_to_teach() -> None:
    test = page(guess="off")
    assert names(test) == ["mobilenet_v1_standard_conv", "mobilenet_v1"]
    assert address(test) == ["mobilenet_v1_standard_conv", "mobilenet_v1"]
    assert any(READY_COMPARISONS[FIRST_READY].question in text.value.replace("\\", "") for text in test.markdown)
    assert any("8.6 times fewer MACs" in heading.value.replace("\\", "") for heading in test.header)


def test_every_ready_comparison_is_one_click() -> None:
    test = page(guess="off")
    for name, ready in READY_COMPARISONS.items():
        test.button_group("compare.ready").set_value(name).run()
        assert not test.exception
        assert len(rows(test)) == len(ready.networks)
        assert not test.warning
    assert address(test) == ["resnet34:shortcut=none", "resnet34"]


def test_the_numbers_of_an_example_are_not_in_the_page_before_a_guess() -> None:
    test = page()
    assert [data for data in components(test) if "rows" in data or "figure" in data] == []
    assert not test.get("download_button")
    assert not test.expander  # what to look for gives the answer away
    text = " ".join(part.value for part in (*test.markdown, *test.header, *test.caption))
    assert not re.search(r"8\.[56]|569|4\.87", text.replace(READY_COMPARISONS[FIRST_READY].question, ""))
    test.select_slider("guess.factor.separable_mobilenet").set_value(1 / 4)
    test.button("guess.answer").click().run()
    assert len(rows(test)) == 2
    assert [(metric.label, metric.value, metric.delta) for metric in test.metric] == [
        ("MACs: guess", "÷ 4.00", "1.22 GMACs"),
        ("MACs: truth", "÷ 8.56", "569 MMACs"),
    ]
    assert any("the guess was 2.1 times too high." in text.value.replace("\\", "") for text in test.markdown)
    assert test.query_params["guess"] == "on"
    test.button_group("compare.ready").set_value("bottleneck").run()
    assert test.select_slider("guess.factor.bottleneck")  # each example has its own guess
    test.toggle("guess.compare").set_value(False).run()
    assert len(rows(test)) == 2
    assert test.query_params["guess"] == "off"
    test.button_group("compare.ready").set_value("by_year").run()
    assert len(rows(test)) == 4  # it is remembered


def test_a_comparison_of_ones_own_asks_for_no_guess() -> None:
    test = page("resnet18", "alexnet", guess="maybe")
    assert len(rows(test)) == 2
    assert "guess" not in test.query_params
    assert not test.warning
    told = [warning.value.replace("\\", "") for warning in page(guess="maybe").warning]
    assert told == ["`guess` must be one of on, off, and it is 'maybe': the default is used."]


def test_the_baseline_comes_first_and_the_others_stand_beside_it() -> None:
    test = page("resnet18", "resnet18:width=32", "resnet34", baseline="2")
    assert [(row["letter"], row["name"], row["note"], row["tag"]) for row in rows(test)] == [
        ("B", "width=32", "resnet18 · 2015 · 224\u00a0px", "baseline"),
        ("A", "resnet18", "2015 · 224\u00a0px", ""),
        ("C", "resnet34", "2015 · 224\u00a0px", ""),
    ]
    baseline, wide, _ = rows(test)
    assert {cell["note"] for cell in baseline["cells"]} == {""}
    assert wide["cells"][0]["note"].startswith("× 3.")
    assert wide["cells"][0]["tone"] == "bad"
    assert len({row["colour"] for row in rows(test)}) == 3
    assert [action["name"] for action in wide["actions"]] == ["baseline", "remove"]
    assert [action["name"] for action in baseline["actions"]] == ["remove"]


def test_a_preset_a_link_and_what_is_there_already() -> None:
    test = page("resnet18")
    assert "Add one more network to compare" in [heading.value for heading in test.header]
    test.selectbox("compare.family").set_value("vgg").run()
    test.selectbox("compare.preset.vgg").set_value("vgg16").run()
    test.button("compare.add_preset").click().run()
    assert address(test) == ["resnet18", "vgg16"]
    test.text_input("compare.link").set_value("http://lab/?preset=resnet18&width=48")
    test.button("compare.add_link").click().run()
    assert address(test) == ["resnet18", "vgg16", "resnet18:width=48"]
    assert test.text_input("compare.link").value == ""
    test.button("compare.add_preset").click().run()
    assert address(test) == ["resnet18", "vgg16", "resnet18:width=48"]
    assert not test.warning


def test_a_bad_link_that_was_pasted_is_a_sentence() -> None:
    test = page("resnet18", "vgg16")
    test.text_input("compare.link").set_value("resnet19")
    test.button("compare.add_link").click().run()
    assert not test.exception
    assert "There is no preset 'resnet19'" in test.warning[0].value.replace("\\", "")
    assert address(test) == ["resnet18", "vgg16"]


def test_with_eight_there_is_no_room() -> None:
    chosen = preset_names()[:8]
    test = page(*chosen)
    assert len(rows(test)) == 8
    assert any("A comparison has at most 8 networks" in info.value for info in test.info)
    assert not [button for button in test.button if button.key == "compare.add_preset"]


def test_bad_parts_of_a_link_are_sentences_and_the_rest_is_shown() -> None:
    test = page("resnet18", "<b>x</b>", "vgg16:depths=1,2", baseline="9", x="beauty")
    assert names(test) == ["resnet18"]
    told = [warning.value.replace("\\", "") for warning in test.warning]
    assert [sentence.split(",")[0] for sentence in told] == [
        "Network 2 of the link",
        "Network 3 of the link",
        "`baseline` must be the number of a network",
        "`x` must be one of params",
    ]
    test.text_input("compare.link").set_value("alexnet")
    test.button("compare.add_link").click().run()
    assert not test.warning
    assert address(test) == ["resnet18", "alexnet"]


def test_a_finished_run_brings_its_accuracy(store: Store) -> None:
    run_id = finished(store, 0.975, name="<i>mine</i> with sigmoid")
    test = page("lenet5_tutorial", "resnet8_mnist")
    test.button("compare.add_run").click().run()
    assert address(test)[-1] == f"lenet5_tutorial:run={run_id}"
    row = rows(test)[-1]
    assert (row["name"], row["note"]) == ("<i>mine</i>", "sigmoid · 1998 · 32\u00a0px")
    assert "97.5 %" in [cell["text"] for cell in row["cells"]]
    other = page(*address(test))
    assert rows(other) == rows(test)


def test_the_time_is_measured_when_asked() -> None:
    test = page("lenet5_tutorial", "lenet5_d2l", "resnet8_mnist", x="latency")
    assert not test.warning
    assert any("Time is not known for" in caption.value for caption in test.caption)
    assert any("Measure the time above" in info.value for info in test.info)
    assert test.button("compare.stop").disabled
    test.button("compare.measure").click().run()
    assert not test.exception
    columns = next(data["columns"] for data in components(test) if "columns" in data)
    time = [column["title"] for column in columns[1:]].index("Time")
    first, *others = (row["cells"][time] for row in rows(test))
    assert first["text"].endswith(" ms")
    assert first["note"] == ""
    for cell in others:
        assert cell["text"].endswith(" ms")
        assert cell["note"][0] in "×÷t"
    assert not any("Time is not known for" in caption.value for caption in test.caption)


def test_a_run_that_is_not_there_or_of_another_network_leaves_the_network(store: Store) -> None:
    run_id = finished(store, 0.9)
    test = page("lenet5_tutorial:run=nobody", f"alexnet:run={run_id}")
    assert names(test) == ["lenet5_tutorial", "alexnet"]
    told = [warning.value.replace("\\", "") for warning in test.warning]
    assert "There is no run 'nobody' here" in told[0]
    assert "trained another network, lenet5_tutorial" in told[1]


def test_choices_of_the_figures_are_in_the_address() -> None:
    test = page("resnet18", "resnet34", "resnet50")
    test.selectbox("compare.x").set_value("activation_bytes").run()
    test.selectbox("compare.along").set_value("side").run()
    test.selectbox("compare.other").set_value("3").run()
    parameters = {name: value for name, value in test.query_params.items() if name != "net"}
    assert parameters == {"x": "activation_bytes", "along": "side", "other": "3"}
    again = page("resnet18", "resnet34", "resnet50", **parameters)
    assert again.selectbox("compare.other").value == "3"
    assert "y" not in again.query_params


def test_every_figure_has_a_title_to_save_it_by_and_words_for_those_who_cannot_see_it() -> None:
    charts = [data for data in components(page("resnet18", "vgg11_mnist")) if "figure" in data]
    assert [chart["title"] for chart in charts] == [
        "What each network costs",
        "Parameters over MACs",
        "Cumulative MACs along the depth",
        "MACs part by part",
    ]
    for chart in charts:
        assert "resnet18" in chart["alt"] or "stage" in chart["alt"]
        assert "<" not in chart["file"]


def test_tables_are_offered_in_four_formats() -> None:
    offered = {button.label for button in page("resnet18", "vgg16").get("download_button")}
    assert {"CSV", "LaTeX", "Markdown", "JSON"} <= offered


def explore(**parameters: str) -> AppTest:
    test = AppTest.from_file(ROOT / "cnnlab/ui/main.py", default_timeout=60)
    for name, value in parameters.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception
    return test


def specs(test: AppTest) -> list[str]:
    known, _ = test.session_state["comparison"]
    return [write_network(network) for network in known.networks]


def press_compare(test: AppTest) -> list[str]:
    """The networks of the comparison after a press on Explore's button."""
    test.switch_page("../../pages/explore.py").run()
    test.button("explore.compare").click().run()
    assert not test.exception
    assert test.title[0].value == "Compare"
    return specs(test)


def test_explore_begins_a_comparison_and_adds_to_one_that_somebody_has_made() -> None:
    test = explore(preset="resnet18", width="48")
    assert press_compare(test) == ["resnet18", "resnet18:width=48"]
    assert press_compare(test) == ["resnet18", "resnet18:width=48"]  # it is there already
    test.session_state["comparison"] = (Comparison((ComparedNetwork(preset("alexnet")),)), ())
    assert press_compare(test) == ["alexnet", "resnet18:width=48"]
    lesson = Comparison(tuple(map(ComparedNetwork, READY_COMPARISONS[FIRST_READY].networks)))
    test.session_state["comparison"] = (lesson, ())
    assert press_compare(test) == ["resnet18", "resnet18:width=48"]  # a lesson stays a lesson


def test_a_network_that_breaks_cannot_be_compared() -> None:
    at = explore(preset="lenet5_tutorial", image_size="8")
    at.button("explore.compare").click().run()
    assert "correct its knobs first" in at.toast[0].value
    assert at.title[0].value == "lenet5_tutorial"


def test_a_wrong_network_is_added_with_the_value_that_its_button_proposes() -> None:
    test = page("resnet18", "vgg16:widths=0,128,256,512,512")
    test.button("compare.refused.0.fix.0").click().run()
    assert not test.warning
    assert address(test) == ["resnet18", "vgg16:widths=1,128,256,512,512"]
    test.text_input("compare.link").set_value("http://lab/?preset=resnet81&width=0&groups=3&convolution=grouped")
    test.button("compare.add_link").click().run()
    labels = []
    while test.warning:
        labels.append(test.button("compare.refused.0.fix.0").label.replace("\\", ""))
        test.button("compare.refused.0.fix.0").click().run()
        assert not test.exception
    assert labels == ["Use resnet18", "Set Width of the first stage to 1", "Set Groups to 1"]
    assert len(address(test)) == 3
