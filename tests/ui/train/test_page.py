"""The Train page in each of its states, without a browser and without anybody to carry out the runs."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.architectures import preset
from cnnlab.runs import Store
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import EpochEnd, Finished, Recipe, Started, Steps
from cnnlab.ui.state.store import close_store
from cnnlab.words.sentence import Sentence
from tests.ui.conftest import MAIN, open_page, submit


def record(store: Store, run_id: str) -> Recorder:
    """The pen of a worker that has begun the run."""
    pen = Recorder(store.database, store.folder, run_id)
    assert pen.begin()
    pen.write(
        Started(
            device="cpu", num_params=61706, steps_per_epoch=46, total_steps=138, num_train=1442, num_test=355, notes=()
        )
    )
    pen.write(
        Steps(
            first_step=1,
            losses=(2.3, 2.0),
            accuracies=(0.1, 0.3),
            learning_rate=0.002,
            examples_per_second=1234.0,
            seconds=1.0,
        )
    )
    return pen


def numbers(test: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in test.metric}


@pytest.mark.usefixtures("store")
def test_an_empty_store_says_what_to_do() -> None:
    test = open_page("train")
    assert test.title[0].value == "Train lenet5\\_tutorial"
    assert "Nothing trained yet" in [heading.value for heading in test.header]
    assert not test.button("train.start").disabled
    assert not test.dataframe


def test_train_puts_a_run_into_the_store_and_into_the_address(store: Store) -> None:
    test = open_page("train", epochs="5", width="9")
    test.button("train.start").click().run()
    assert not test.exception
    (run,) = store.runs()
    assert run.state == "queued"
    assert run.recipe == Recipe(epochs=5)
    assert run.spec == preset("lenet5_tutorial")
    assert run.name == "lenet5_tutorial, epochs=5"
    assert test.query_params["run"] == run.id
    assert "this run is the next to start" in test.info[0].value


def test_a_run_is_named_by_whoever_starts_it(store: Store) -> None:
    test = open_page("train")
    test.text_input("train.name").set_value("  my <b>run</b> ").run()
    test.button("train.start").click().run()
    assert store.runs()[0].name == "my <b>run</b>"
    assert "my \\<b\\>run\\</b\\>" in [heading.value for heading in test.header]


def test_runs_with_several_seeds_are_one_group(store: Store) -> None:
    test = open_page("train")
    test.number_input("train.seeds").set_value(3).run()
    test.button("train.start").click().run()
    first = store.runs()
    assert [run.recipe.seed for run in first] == [2, 1, 0]
    assert len({run.group for run in first}) == 1
    assert first[0].group is not None
    test.button("train.start").click().run()
    assert len({run.group for run in store.runs()}) == 2, "another group"


def test_a_new_run_joins_those_on_the_same_images(store: Store) -> None:
    test = open_page("train", dataset="digits")
    test.button("train.start").click().run()
    (relu,) = store.runs()
    test = open_page("train", dataset="digits", run=relu.id, activation="sigmoid")
    other = "on Digits. The form is set to **lenet5\\_tutorial with activation\\=sigmoid** on Digits."
    assert any(other in caption.value for caption in test.caption)
    test.button("train.start").click().run()
    sigmoid = store.runs()[0]
    assert test.query_params["run"] == [sigmoid.id, relu.id]
    assert not any("The form is set to" in caption.value for caption in test.caption)
    charts = [json.loads(found.proto.bytes) for found in test.get("bidi_component") if found.proto.bytes]
    names = [trace["name"] for trace in charts[0]["figure"]["data"]]
    assert names == ["A  activation=sigmoid", "B  activation=relu"]

    test.multiselect("train.shown").set_value([sigmoid.id]).run()
    assert test.query_params["run"] == sigmoid.id
    on_others = open_page("train", dataset="mnist5k", run=sigmoid.id)
    on_others.button("train.start").click().run()
    assert on_others.query_params["run"] == store.runs()[0].id


def test_several_runs_are_read_from_old_and_new_links(store: Store) -> None:
    first, second = submit(store, "one"), submit(store, "two")
    test = open_page("train", run=f"{first},{second}")
    assert test.query_params["run"] == [first, second]
    test = AppTest.from_file(MAIN, default_timeout=60)
    test.switch_page("../../pages/runs.py")
    test.query_params["run"] = [second, first]
    test.run()
    assert test.multiselect("train.shown").value == [second, first]


def test_the_charts_show_what_was_measured(store: Store) -> None:
    run_id = submit(store)
    record(store, run_id)
    charts = [
        json.loads(found.proto.bytes)
        for found in open_page("train", run=run_id).get("bidi_component")
        if found.proto.bytes
    ]
    loss, accuracy = (chart["figure"]["data"][0] for chart in charts)
    assert (loss["x"], loss["y"]) == ([1, 2], [pytest.approx(2.3), 2.0])
    assert accuracy["y"] == [pytest.approx(10), pytest.approx(30)]
    assert charts[0]["alt"].startswith("Loss over the steps. a run: not tested yet. Training from 2.3")


def test_a_waiting_run_says_how_many_are_before_it(store: Store) -> None:
    submit(store)
    submit(store)
    (store.folder / "settings.toml").write_text("runs_at_once = 1\n")
    said = open_page("train", run=submit(store)).info[0].value
    assert "2 other runs start first. It should start in about 2 min 0 s." in said.replace("\\", "")


def test_a_running_run_shows_its_numbers_and_can_be_stopped(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = submit(store)
    record(store, run_id)
    # No worker holds the run's lock here; say that it does.
    monkeypatch.setattr("cnnlab.runs.store.recorder.is_held", lambda _: True)
    test = open_page("train", run=run_id)
    assert numbers(test)["Images/s"] == "1.23 k"
    assert numbers(test)["Epochs"] == "0 of 3"
    assert test.progress[0].value == 1
    assert not test.button("train.pause").disabled
    test.button("train.stop").click().run()
    assert test.button("train.stop").label == "Stopping"
    assert test.button("train.stop").disabled
    assert Recorder(store.database, store.folder, run_id).request() == "stop"


def test_a_finished_run_shows_its_accuracy(store: Store) -> None:
    run_id = submit(store)
    pen = record(store, run_id)
    pen.write(
        EpochEnd(
            epoch=1,
            step=46,
            train_loss=1.0,
            train_accuracy=0.7,
            test_loss=0.5,
            test_accuracy=0.875,
            seconds=2.0,
            is_best=True,
        )
    )
    pen.write(
        Finished(
            state="done",
            test_accuracy=0.875,
            best_test_accuracy=0.875,
            best_epoch=1,
            examples_per_second=1000.0,
            device="cpu",
            seconds=2.0,
        )
    )
    test = open_page("train", run=run_id)
    assert numbers(test)["Test accuracy"] == "87.5 %"
    assert "Took" in numbers(test)
    assert test.button("train.stop").disabled
    assert test.button("train.pause").disabled
    assert test.dataframe[0].value["test_accuracy"].tolist() == ["87.5 %"]


def test_a_run_that_failed_says_why(store: Store) -> None:
    run_id = submit(store)
    record(store, run_id).end("failed", Sentence("The loss is *not* a number."))
    assert open_page("train", run=run_id).error[0].value == "The loss is \\*not\\* a number\\."


def test_a_run_whose_process_is_gone_is_interrupted(store: Store) -> None:
    run_id = submit(store)
    record(store, run_id)
    assert "Its process died after step 2 of 138" in open_page("train", run=run_id).warning[0].value


def test_several_runs_are_shown_and_one_that_is_not_there_is_a_sentence(store: Store) -> None:
    first, second = submit(store, "one"), submit(store, "two")
    test = open_page("train", run=f"{first},gone,{second}")
    assert "There is no run 'gone' here" in test.warning[0].value
    assert test.multiselect("train.shown").value == [first, second]
    test.multiselect("train.shown").set_value([second]).run()
    assert test.query_params["run"] == second
    test.multiselect("train.shown").set_value([]).run()
    assert "run" not in test.query_params
    assert not test.exception


@pytest.mark.usefixtures("store")
def test_what_cannot_be_trained_is_explained_and_not_started() -> None:
    test = open_page("train", preset="lenet5_tutorial", num_classes="5", device="cuda:77")
    assert test.button("train.start").disabled
    sentences = [error.value for error in test.error]
    assert any("Classes must be at least the 10 classes" in sentence for sentence in sentences)
    assert any("Device must be auto or one of" in sentence for sentence in sentences)
    assert {button.label for button in test.button if ".fix." in (button.key or "")} == {
        "Set Classes to 10",
        "Set Device to auto",
    }
    next(button for button in test.button if button.label == "Set Device to auto").click().run()
    assert "device" not in test.query_params
    next(button for button in test.button if button.label == "Set Classes to 10").click().run()
    assert "num_classes" not in test.query_params
    assert not test.error
    test = open_page("train", preset="lenet5_tutorial", num_classes="5")
    test.button("train.fit").click().run()
    assert "num_classes" not in test.query_params
    assert not any("num_classes" in error.value for error in test.error)


@pytest.mark.usefixtures("store")
def test_a_network_that_would_take_hours_says_so_and_can_be_fitted() -> None:
    test = open_page("train", preset="resnet18")
    assert any("on the order of" in warning.value for warning in test.warning)
    test.button("train.fit").click().run()
    assert not any("on the order of" in warning.value for warning in test.warning)
    assert test.query_params["image_size"] == "28"


def test_a_folder_that_cannot_be_used_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path / "file"))
    close_store()
    test = open_page("train")
    assert "cannot be" in test.error[0].value
