"""The Runs page in each of its states, without a browser and without anybody to carry out the runs."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.architectures import preset
from cnnlab.figures.training.learning_curves import AXES
from cnnlab.lock import FileLock
from cnnlab.runs import Store
from cnnlab.runs.machine import ResourceUse
from cnnlab.runs.store.files import epoch_file, run_folder, run_lock
from cnnlab.runs.store.housekeeping import annotate, rename, tag
from cnnlab.runs.store.recorder import Recorder
from cnnlab.runs.submit import fork
from cnnlab.training import EpochEnd, Finished, Recipe, Started, Steps
from tests.ui.conftest import open_page, submit

EVIL = "<img src=x onerror=alert(1)> **bold** [link](http://x) $x$ :red[r]"
SHOWN_AS_TEXT = "\\<img src\\=x onerror\\=alert\\(1\\)\\> \\*\\*bold\\*\\* \\[link\\]"


def carried_out(
    store: Store, name: str = "a run", *, end: bool = True, recipe: Recipe | None = None
) -> tuple[str, FileLock]:
    """A run with an epoch behind it, and the lock of its worker."""
    run_id = submit(store, name, recipe=recipe)
    run_folder(store.folder, run_id).mkdir()
    lock = FileLock(run_lock(store.folder, run_id))
    assert lock.acquire()
    pen = Recorder(store.database, store.folder, run_id)
    assert pen.begin()
    pen.write(Started(device="cpu", num_params=1, steps_per_epoch=2, total_steps=6, num_train=9, num_test=3, notes=()))
    pen.write(
        Steps(
            first_step=1,
            losses=(2.3, 2.0),
            accuracies=(0.1, 0.3),
            learning_rate=0.002,
            examples_per_second=1234.0,
            seconds=1.0,
            metrics={
                "gradient_norm": 2.5,
                "data_seconds": 0.001,
                "forward_seconds": 0.002,
                "backward_seconds": 0.003,
                "update_seconds": 0.0005,
            },
        ),
        ResourceUse(1.0, 5e8),
    )
    pen.write(
        EpochEnd(
            epoch=1,
            step=2,
            train_loss=2.1,
            train_accuracy=0.2,
            test_loss=1.5,
            test_accuracy=0.625,
            seconds=1.5,
            is_best=True,
        )
    )
    if end:
        pen.write(
            Finished(
                state="done",
                test_accuracy=0.625,
                best_test_accuracy=0.625,
                best_epoch=1,
                examples_per_second=1000.0,
                device="cpu",
                seconds=1.5,
            )
        )
        lock.release()
    return run_id, lock


@pytest.mark.usefixtures("store")
def test_an_empty_store_says_what_to_do() -> None:
    test = open_page("runs")
    assert [heading.value for heading in test.header] == ["No run yet"]
    test.button("runs.begin").click().run()
    assert test.title[0].value.startswith("Train ")


def test_the_newest_run_is_shown_where_none_is_named(store: Store) -> None:
    carried_out(store, "older")
    newest, _ = carried_out(store, "newer")
    test = open_page("runs")
    assert test.query_params["run"] in (newest, [newest])
    assert "newer" in [heading.value for heading in test.header]
    assert {metric.label: metric.value for metric in test.metric}["Test accuracy"] == "62.5 %"
    assert test.dataframe[-1].value["test_accuracy"].tolist() == [0.625]


def charts(test: AppTest) -> list[dict[str, Any]]:
    return [json.loads(found.proto.bytes) for found in test.get("bidi_component") if found.proto.bytes]


def test_every_axis_and_scale_is_drawn(store: Store) -> None:
    run_id, _ = carried_out(store)
    test = open_page("runs", run=run_id)
    for axis in reversed(AXES):
        test.segmented_control("runs.along").set_value(axis).run()
        loss, accuracy = charts(test)[:2]
        titles = {chart["figure"]["layout"]["xaxis"]["title"]["text"] for chart in (loss, accuracy)}
        assert titles == {AXES[axis].title}
        assert (loss["title"], accuracy["title"]) == ("Loss of a run", "Accuracy of a run")
    test.toggle("runs.log").set_value(True).run()
    assert charts(test)[0]["figure"]["layout"]["yaxis"]["type"] == "log"
    test.slider("runs.smoothing").set_value(0.0).run()
    assert charts(test)[0]["figure"]["data"][0]["y"] == [pytest.approx(2.3), 2.0]


def test_every_metric_that_was_measured_has_a_chart_and_its_last_value_in_words(store: Store) -> None:
    run_id, _ = carried_out(store)
    test = open_page("runs", run=run_id)
    alts = [chart["alt"] for chart in charts(test)[2:]]
    assert [alt.partition(" over the steps")[0] for alt in alts] == [
        "Learning rate", "Gradient norm", "Speed", "CPU", "Memory", "images"
    ]  # fmt: skip
    (summary,) = (caption.value for caption in test.caption if caption.value.startswith("At step 1: "))
    assert "Gradient norm **2.5** · Speed **1.23 k** images/s" in summary
    assert "Memory **500** MB · Time of one step **6.5** ms (46% backward)." in summary


def test_what_people_wrote_is_shown_as_text(store: Store) -> None:
    run_id, _ = carried_out(store, EVIL)
    annotate(store, run_id, EVIL)
    tag(store, run_id, ["<b>t</b>"])
    test = open_page("runs", run=run_id)
    assert all(SHOWN_AS_TEXT in heading.value for heading in test.header if "img" in heading.value)
    assert EVIL in [text.value for text in test.text]
    shown = [element.value for element in test.markdown]
    assert not any("<b>t" in text or "<img" in text for text in shown)
    assert any("\\<b\\>t\\</b\\>" in text for text in shown)


def listed(test: AppTest) -> list[str]:
    """The names of the runs in the list; none where there is no list."""
    tables = [table.value for table in test.dataframe if "open" in table.value]
    return list(tables[0]["name"]) if tables else []


def test_runs_are_found_by_tag_name_data_and_state(store: Store) -> None:
    both, _ = carried_out(store, "Sigmoid both")
    one, _ = carried_out(store, "one", recipe=Recipe(dataset="shapes"))
    submit(store, "another's sigmoid", owner="somebody else")
    tag(store, one, ["week 3"])
    tag(store, both, ["week 3", "<b>t</b>"])
    test = open_page("runs")
    assert listed(test) == ["another's sigmoid", "one", "Sigmoid both"]
    assert test.multiselect("runs.filter.tags").options == ["\\<b\\>t\\</b\\>", "week 3"]
    test.multiselect("runs.filter.tags").set_value(["week 3"]).run()
    assert listed(test) == ["one", "Sigmoid both"]
    test.multiselect("runs.filter.tags").set_value(["week 3", "<b>t</b>"]).run()
    assert listed(test) == ["Sigmoid both"]
    assert test.query_params["tag"] == ["week 3", "<b>t</b>"]
    test.button("runs.filter.clear").click().run()
    assert "tag" not in test.query_params
    test.text_input("runs.filter.name").set_value("SIGMOID").run()
    assert listed(test) == ["another's sigmoid", "Sigmoid both"]
    test.multiselect("runs.filter.states").set_value(["queued"]).run()
    assert listed(test) == ["another's sigmoid"]
    test.toggle("runs.filter.only_own").set_value(True).run()
    assert listed(test) == []
    assert "No run matches." in [caption.value for caption in test.caption]
    assert {name: test.query_params[name] for name in ("name", "state", "mine")} == {
        "name": "SIGMOID", "state": "queued", "mine": "true"
    }  # fmt: skip


@pytest.mark.parametrize("page", ["runs", "train"])
def test_a_link_filters_the_list(store: Store, page: str) -> None:
    run_id, _ = carried_out(store, "one", recipe=Recipe(dataset="shapes"))
    carried_out(store, "other")
    test = open_page(page, data="shapes", state="done", run=run_id)
    assert listed(test) == ["one"]
    assert not test.warning
    assert test.query_params["data"] == "shapes"
    test.multiselect("runs.filter.datasets").set_value([]).run()
    assert listed(test) == ["other", "one"]


def test_a_run_is_deleted_and_restored(store: Store) -> None:
    run_id, _ = carried_out(store)
    test = open_page("runs", run=run_id)
    test.button("runs.delete").click().run()
    assert store.runs() == []
    assert store.run(run_id).deleted_at is not None
    test.button("runs.undo").click().run()
    assert [run.id for run in store.runs()] == [run_id]


def test_a_running_run_is_paused_and_resumed(store: Store) -> None:
    run_id, lock = carried_out(store, end=False)
    test = open_page("runs", run=run_id)
    test.button("runs.pause").click().run()
    assert test.button("runs.pause").label == "Pausing"
    pen = Recorder(store.database, store.folder, run_id)
    pen.write(
        Finished(
            state="stopped", test_accuracy=0.6, best_test_accuracy=0.6, best_epoch=1, examples_per_second=1.0,
            device="cpu", seconds=1.5,
        )
    )  # fmt: skip
    lock.release()
    test = open_page("runs", run=run_id)
    assert any("Paused at step 2" in info.value for info in test.info)
    test.button("runs.resume").click().run()
    assert store.run(run_id).state == "queued"


def test_only_a_teacher_changes_the_runs_of_others(store: Store) -> None:
    (store.folder / "settings.toml").write_text('teacher_token = "white chalk"\n')
    run_id = submit(store, owner="somebody else")
    test = open_page("runs", run=run_id)
    keys = {button.key for button in test.button}
    assert not keys & {"runs.stop", "runs.pause", "runs.first", "runs.stop_all"}
    field = next(field for field in test.text_input if "token" in field.label)
    field.set_value("cheese").run()
    assert "runs.stop" not in {button.key for button in test.button}
    field = next(field for field in test.text_input if "token" in field.label)
    field.set_value("white chalk").run()
    other = submit(store, owner="third")
    test.run()
    test.button("runs.first").click().run()
    assert store.queue()[0] == run_id
    test.button("runs.stop_all").click().run()
    assert {store.run(each).state for each in (run_id, other)} == {"stopped"}


@pytest.mark.usefixtures("store")
def test_settings_that_cannot_be_read_are_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("max_epochs = 'many'\n")
    test = open_page("runs")
    (tmp_path / "settings.toml").unlink()
    assert "The settings of this server cannot be used" in test.error[0].value


@pytest.mark.parametrize("rate", [1e-6, 5e-6, 0.05])
def test_the_form_of_a_fork_shows_what_the_fork_will_be(store: Store, rate: float) -> None:
    recipe = Recipe(dataset="digits", learning_rate=rate, schedule="cosine", patience=3, epochs=3)
    run_id, _ = carried_out(store, recipe=recipe)
    epoch_file(store.folder, run_id, 1).write_bytes(b"a checkpoint")
    test = open_page("runs", run=run_id)
    assert test.number_input(f"runs.fork.rate.{run_id}").value == max(rate / 10, 1e-6)
    assert test.selectbox(f"runs.fork.schedule.{run_id}").value == "cosine"
    assert test.number_input(f"runs.fork.patience.{run_id}").value == 3
    test.selectbox(f"runs.fork.schedule.{run_id}").set_value("constant")
    test.number_input(f"runs.fork.patience.{run_id}").set_value(0)
    test.number_input(f"runs.fork.epochs.{run_id}").set_value(1000)  # the most that a recipe allows
    test.button("runs.fork.start").click().run()
    assert not test.error
    forked = store.runs()[0]
    assert (forked.parent, forked.recipe.schedule, forked.recipe.patience) == (run_id, "constant", 0)
    assert forked.recipe.epochs == 1000


def test_a_run_whose_name_is_too_long_can_be_annotated(store: Store) -> None:
    run_id, _ = carried_out(store)
    long = "lenet5_tutorial, " + 10 * "learning_rate=0.001, "
    store.change(run_id, name=long)  # as an earlier version stored it
    test = open_page("runs", run=run_id)
    test.text_area(f"runs.note.{run_id}").set_value("a note")
    test.button("runs.keep").click().run()
    assert not test.error
    assert (store.run(run_id).note, store.run(run_id).name) == ("a note", long)


def test_automatic_names_are_no_longer_than_a_name_may_be(store: Store) -> None:
    spec, recipe = preset("lenet5_tutorial"), Recipe(dataset="digits")
    for run in store.submit_seeds(spec, recipe, 2, owner="somebody", name=100 * "a"):
        rename(store, run.id, run.name)
        assert run.name.endswith(f"…, seed {run.recipe.seed}")
        epoch_file(store.folder, run.id, 1).parent.mkdir(exist_ok=True)
        epoch_file(store.folder, run.id, 1).write_bytes(b"a checkpoint")
        forked = fork(store, run.id, epoch=1, owner="somebody")
        rename(store, forked.id, forked.name)
        assert forked.name.endswith("…, from epoch 1")


def test_what_is_done_after_arriving_concerns_the_run_that_is_shown(store: Store) -> None:
    run_id, _ = carried_out(store, "mine")
    test = open_page("runs")
    submit(store, "another's", owner="somebody else")  # a newer one, before the visitor does anything
    test.text_area(f"runs.note.{run_id}").set_value("first")
    test.button("runs.keep").click().run()
    assert store.run(run_id).note == "first"
    test.text_input(f"runs.name.{run_id}").set_value("renamed")
    test.button("runs.keep").click().run()
    assert store.run(run_id).name == "renamed"
    assert test.multiselect("train.shown").value == [run_id]
    test.button("runs.delete").click().run()
    assert store.run(run_id).deleted_at is not None
    test.button("runs.undo").click().run()
    assert store.run(run_id).deleted_at is None
    test.button("runs.again").click().run()
    assert test.query_params["preset"] in ("lenet5_tutorial", ["lenet5_tutorial"])


@pytest.mark.parametrize(
    "change", ["steps SET losses = x'000000'", "steps SET losses = 'text'", "epochs SET step = 'x'"]
)
def test_a_damaged_curve_is_a_sentence_and_the_other_runs_can_be_chosen(store: Store, change: str) -> None:
    carried_out(store, "sound")
    damaged, _ = carried_out(store, "damaged")
    with sqlite3.connect(store.folder / "runs.sqlite") as connection:
        connection.execute(f"UPDATE {change} WHERE run = (SELECT number FROM runs WHERE id = ?)", [damaged])
    connection.close()
    for name in ("runs", "train"):
        test = open_page(name, run=damaged)
        assert any("curve of run" in error.value and "is damaged" in error.value for error in test.error)
        assert "sound" in listed(test)


def test_the_list_says_what_each_run_does_now(store: Store) -> None:
    carried_out(store, "done")
    running, _lock = carried_out(store, "runs", end=False)
    submit(store, "waits")
    submit(store, "waits longer")

    def states() -> dict[str, str]:
        listed = open_page("train").dataframe[-1].value
        return dict(zip(listed["name"], listed["state"], strict=True))

    assert states() == {
        "waits longer": "queued, place 2",
        "waits": "queued, place 1",
        "runs": "running, 1 of 3 epochs",
        "done": "done",
    }
    store.request_stop(running)
    assert states()["runs"] == "stopping"


def test_nothing_is_said_to_be_missing_above_a_list_of_runs(store: Store) -> None:
    carried_out(store)
    headings = [heading.value for heading in open_page("train").header]
    assert "Nothing trained yet" not in headings
    assert "No run in the charts" in headings
