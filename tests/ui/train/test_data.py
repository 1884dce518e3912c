"""The Train page's data and recipes: cards, downloads, own images, ready-made recipes, seeds and their verdict."""

import io
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnnlab.architectures import preset
from cnnlab.data import import_images, is_available, load
from cnnlab.data.catalogue import dataset_file
from cnnlab.runs import Store, open_store
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import EpochEnd, Finished, Recipe, Started
from cnnlab.training.named_recipes import RECIPES
from cnnlab.ui.data.samples import classical_methods_of
from cnnlab.ui.paths import ROOT
from cnnlab.ui.state.store import close_store
from tests.ui.conftest import act_as_somebody, open_page, start_no_scheduler
from tests.ui.numbers import number


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path))
    monkeypatch.delenv("CNNLAB_DATA", raising=False)
    start_no_scheduler(monkeypatch)
    act_as_somebody(monkeypatch)
    close_store()
    load.cache_clear()
    opened = open_store()
    yield opened
    opened.close()
    close_store()
    load.cache_clear()


def numbers(test: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in test.metric}


def test_an_empty_page_shows_the_card_of_the_data() -> None:
    test = open_page("train", dataset="digits", validation_share="0.2", flip="true")
    shown = numbers(test)
    assert (shown["Test"], shown["Classes"], shown["Image"]) == ("355", "10", "1 × 8 × 8")
    words = [text.value for text in test.markdown]
    assert "### With augmentation" in words
    assert any(text.startswith("Mean brightness **0.3") for text in words)
    assert any("CC BY 4\\.0" in text.value for text in test.caption)


def test_a_set_that_is_not_here_can_be_downloaded_and_not_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision import datasets

    monkeypatch.setattr(datasets.KMNIST, "mirrors", ["http://127.0.0.1:9/"])
    test = open_page("train", dataset="kmnist")
    assert test.button("train.start").disabled
    assert test.button("train.data").disabled
    assert "Kuzushiji\\-MNIST is not on this machine yet" in [heading.value for heading in test.header]
    test.button("train.download").click().run()
    assert not test.exception
    assert "could not be downloaded" in test.error[0].value
    assert "are available" in test.error[0].value
    assert any(text.startswith("MNIST, 5\u202f000 images is on this machine") for text in captions(test))
    test.button("train.instead").click().run()
    assert not test.button("train.start").disabled
    assert "dataset" not in test.query_params  # it is the default one


def captions(test: AppTest) -> list[str]:
    """The captions without what escapes their signs."""
    return [caption.value.replace("\\", "") for caption in test.caption]


def test_a_network_is_fitted_to_the_data_that_are_here() -> None:
    test = open_page("train", preset="resnet20_cifar", dataset="cifar100", num_classes="100")
    assert test.button("train.instead").label == "Use Shapes instead"
    assert any("It has 10 classes instead of 100: circle, ring" in text for text in captions(test))
    test.button("train.instead").click().run()
    assert not test.exception
    assert not test.button("train.start").disabled
    assert (test.query_params["dataset"], test.query_params["preset"]) == ("shapes", "resnet20_cifar")
    assert "num_classes" not in test.query_params


@pytest.mark.parametrize("name", RECIPES)
def test_one_click_takes_a_recipe_and_its_network(name: str) -> None:
    test = open_page("train")
    test.button_group("train.recipe").set_value(name).run()
    assert not test.exception
    named = RECIPES[name]
    assert test.button_group("train.recipe").value == name
    assert test.query_params["preset"] == named.preset
    for field, value in named.recipe.changes_from(Recipe()).items():
        assert test.query_params[field] == (str(value).lower() if isinstance(value, bool) else str(value))
    # A network that nearly fits the data stays as it was written.
    assert ("image_size" in test.query_params) == (name == "d2l_resnet")
    if named.recipe.dataset == "shapes":
        assert not test.button("train.start").disabled


def test_a_changed_recipe_is_nobodys() -> None:
    test = open_page("train")
    test.button_group("train.recipe").set_value("tutorial_sgd").run()
    number(test, "recipe knob.epochs").put(4)
    assert test.button_group("train.recipe").value is None


def test_several_seeds_are_several_runs(store: Store) -> None:
    test = open_page("train", dataset="digits", seed="4")
    test.number_input("train.seeds").set_value(3).run()
    test.text_input("train.name").set_value("mine").run()
    test.button("train.start").click().run()
    assert not test.exception
    runs = store.runs()
    assert sorted(run.recipe.seed for run in runs) == [4, 5, 6]
    assert sorted(run.name for run in runs) == ["mine, seed 4", "mine, seed 5", "mine, seed 6"]
    assert set(test.query_params["run"]) == {run.id for run in runs}


def finish(store: Store, name: str, recipe: Recipe, accuracy: float, *, pause: bool = False) -> str:
    run_id = store.submit(preset("lenet5_tutorial"), recipe, name=name, owner="somebody").id
    record = Recorder(store.database, store.folder, run_id)
    assert record.begin()
    started = Started(device="cpu", num_params=1, steps_per_epoch=9, total_steps=9, num_train=9, num_test=9, notes=())
    record.write(started)
    record.write(
        EpochEnd(
            epoch=1,
            step=9,
            train_loss=1.0,
            train_accuracy=accuracy,
            test_loss=1.0,
            test_accuracy=accuracy,
            seconds=1.0,
            is_best=True,
        )
    )
    if pause:
        store.request_pause(run_id)
    record.write(
        Finished(
            state="stopped" if pause else "done",
            test_accuracy=accuracy,
            best_test_accuracy=accuracy,
            best_epoch=1,
            examples_per_second=1.0,
            device="cpu",
            seconds=1.0,
        )
    )
    return run_id


@pytest.mark.parametrize(("gain", "words"), [(0.0, "Within seed noise"), (0.1, "More than seed noise")])
def test_two_groups_of_seeds_have_a_verdict(store: Store, gain: float, words: str) -> None:
    noise = (0.01, -0.01, 0.004, -0.006)
    recipe = Recipe(dataset="digits")
    runs = [finish(store, f"a, seed {s}", recipe.replace(seed=s), 0.8 + noise[s]) for s in range(4)]
    runs += [finish(store, f"b, seed {s}", recipe.replace(seed=s, epochs=9), 0.8 + gain - noise[s]) for s in range(4)]
    test = open_page("train", run=",".join(runs))
    said = [*test.info, *test.success]
    assert any(words in message.value for message in said)
    # One line for each group, in the charts and in words.
    assert any("Bands: from the lowest to the highest seed" in caption.value for caption in test.caption)


def verdicts(test: AppTest) -> str:
    return " ".join(message.value for message in (*test.info, *test.success) if "seed" in message.value)


@pytest.fixture
def carried_out_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker holds the locks of the runs here; as if one did."""
    monkeypatch.setattr("cnnlab.runs.store.recorder.is_held", lambda _: True)


@pytest.mark.usefixtures("carried_out_elsewhere")
def test_paused_runs_have_no_part_in_a_verdict(store: Store) -> None:
    recipe = Recipe(dataset="digits")
    noise = (0.01, -0.01, 0.004)
    runs = [finish(store, f"a, seed {s}", recipe.replace(seed=s), 0.9 + noise[s]) for s in range(3)]
    longer = recipe.replace(epochs=9)
    runs += [finish(store, f"b, seed {s}", longer.replace(seed=s), 0.55 - noise[s], pause=True) for s in range(3)]
    test = open_page("train", run=",".join(runs))
    assert "More than seed noise" not in verdicts(test)
    assert "finished runs with the same 3 seeds" in verdicts(test)
    (left_out,) = [caption.value for caption in test.caption if "Left out" in caption.value]
    assert "not done: b, seed 0; b, seed 1; b, seed 2." in left_out


@pytest.mark.parametrize("other", [{"dataset": "mnist5k"}, {"test_share": 0.3}, {"train_share": 0.5}])
def test_runs_of_other_data_or_another_split_have_no_part_in_a_verdict(store: Store, other: dict[str, Any]) -> None:
    recipe = Recipe(dataset="digits")
    runs = [finish(store, f"a, seed {s}", recipe.replace(seed=s), 0.9 + s / 100) for s in range(3)]
    runs += [finish(store, f"b, seed {s}", recipe.replace(seed=s, **other), 0.5 + s / 99) for s in range(3)]
    test = open_page("train", run=",".join(runs))
    assert "More than seed noise" not in verdicts(test)
    assert any("other data or another split: b, seed 0; b, seed 1" in caption.value for caption in test.caption)


def test_as_many_seeds_as_there_is_no_room_for_are_refused_together(store: Store) -> None:
    (store.folder / "settings.toml").write_text("waiting_per_owner = 3\n")
    finish_not = store.submit(preset("lenet5_tutorial"), Recipe(dataset="digits"), owner="somebody").id
    test = open_page("train", dataset="digits")
    test.number_input("train.seeds").set_value(5).run()
    test.button("train.start").click().run()
    assert [run.id for run in store.runs()] == [finish_not]
    said = " ".join(error.value.replace("\\", "") for error in test.error)
    assert "None of the 5 runs was submitted: you have 1 queued runs, and the limit is 3. Use at most 2 seeds" in said
    test.button("train.refused.0.fix.0").click().run()
    assert not test.error
    assert test.number_input("train.seeds").value == 2
    test.button("train.start").click().run()
    assert len(store.runs()) == 3


def test_what_a_refused_run_needs_is_a_button(store: Store) -> None:
    (store.folder / "settings.toml").write_text("max_epochs = 4\n")
    test = open_page("train", dataset="digits", epochs="5")
    test.button("train.start").click().run()
    assert "Epochs must be at most 4 on this machine" in test.error[0].value
    test.button("train.refused.0.fix.0").click().run()
    assert not test.error
    test.button("train.start").click().run()
    assert [run.recipe.epochs for run in store.runs()] == [4]


@pytest.mark.parametrize("held_out", [0.0, 0.1])
def test_the_page_says_by_what_the_best_epoch_was_chosen(store: Store, held_out: float) -> None:
    recipe = Recipe(dataset="digits", validation_share=held_out)
    run_id = store.submit(preset("lenet5_tutorial"), recipe, owner="somebody").id
    record = Recorder(store.database, store.folder, run_id)
    assert record.begin()
    accuracy = 0.75 if held_out else None
    record.write(
        EpochEnd(
            epoch=1, step=9, train_loss=1.0, train_accuracy=0.5, test_loss=1.0, test_accuracy=0.5, seconds=1.0,
            is_best=True, validation_loss=accuracy, validation_accuracy=accuracy,
        )
    )  # fmt: skip
    (chosen,) = [text.value for text in open_page("train", run=run_id).caption if "Best epoch" in text.value]
    assert ("validation images." in chosen) == bool(held_out)
    assert ("test images" in chosen) != bool(held_out)


def own_images(owner: str, *, cats: int = 2, dogs: int = 2) -> str:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for i, label in enumerate((*["cat"] * cats, *["dog"] * dogs)):
            picture = io.BytesIO()
            Image.new("L", (8, 8), 10 * i).save(picture, "PNG")
            archive.writestr(f"{label}/{i}.png", picture.getvalue())
    steps = import_images(file, "pets", 16, owner=owner)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return str(end.value.name)


def test_the_import_dialog_states_the_limit_of_the_upload() -> None:
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    test = open_page("train")
    test.button("train.own").click().run()
    assert not test.exception
    assert any(f"at most {config['server']['maxUploadSize']} MB" in caption.value for caption in test.caption)


def test_who_imported_images_deletes_them(store: Store) -> None:
    name = own_images("somebody")
    run = store.submit(preset("lenet5_tutorial"), Recipe(dataset=name, batch_size=2), name="on them", owner="somebody")
    test = open_page("train", dataset=name)
    test.button("train.data").click().run()
    test.button("train.delete_set").click().run()
    test.button("train.data").click().run()
    assert any("used by a queued or running run" in error.value for error in test.error)
    store.request_stop(run.id)
    test.button("train.delete_set").click().run()
    assert not test.exception
    assert not is_available(name)
    assert "dataset" not in test.query_params


def test_nobody_else_deletes_them() -> None:
    test = open_page("train", dataset=own_images("somebody else"))
    test.button("train.data").click().run()
    assert not test.exception
    assert "train.delete_set" not in {button.key for button in test.button}


@pytest.mark.parametrize("size", [0, 9, 300, -1])
def test_a_damaged_file_is_a_sentence(size: int) -> None:
    name = own_images("somebody")
    path = dataset_file(name)
    path.write_bytes(path.read_bytes()[:size])
    load.cache_clear()
    st.cache_data.clear()
    test = open_page("train", dataset=name)
    assert not test.exception
    assert any("is damaged" in error.value and "import their zip again" in error.value for error in test.error)
    assert test.button("train.start").disabled


def test_a_file_that_is_damaged_while_somebody_looks_is_a_sentence() -> None:
    name = own_images("somebody")
    test = open_page("train", dataset=name)
    path = dataset_file(name)
    metadata = path.read_bytes()
    path.unlink()  # what is mapped stays whole
    path.write_bytes(metadata[:300])
    load.cache_clear()
    st.cache_data.clear()
    for button in ("train.data", "train.own"):
        test.button(button).click().run()
        assert not test.exception
    assert any("is damaged" in error.value for error in test.error)


def test_a_damaged_file_of_a_download_is_a_sentence() -> None:
    path = dataset_file("mnist")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no tensors")
    test = open_page("train", dataset="mnist")
    assert not test.exception
    assert any("is damaged" in error.value and "delete it, and try again" in error.value for error in test.error)
    assert test.button("train.start").disabled


def test_the_card_says_what_is_unbalanced() -> None:
    name = own_images("somebody", cats=20, dogs=3)
    test = open_page("train", dataset=name)
    assert not test.exception
    (caution,) = (warning.value for warning in test.warning if "unbalanced" in warning.value)
    assert "cat has 16 training images and dog has 2" in caution
    assert "a test accuracy of 80\\.0%" in caution


def test_shares_that_put_no_image_aside_are_refused_before_the_training() -> None:
    name = own_images("somebody", cats=2, dogs=2)
    test = open_page("train", dataset=name, validation_share="0.5")
    assert not test.exception
    assert any("Validation share must hold out at least one image" in error.value for error in test.error)
    assert test.button("train.start").disabled


def test_too_few_seeds_have_no_verdict(store: Store) -> None:
    recipe = Recipe(dataset="digits")
    runs = [finish(store, f"a, seed {s}", recipe.replace(seed=s), 0.8) for s in range(3)]
    runs += [finish(store, "b", recipe.replace(epochs=9), 0.9)]
    test = open_page("train", run=",".join(runs))
    assert any("the same 3 seeds" in message.value for message in test.info)


def test_classical_methods_are_lines(store: Store) -> None:
    test = open_page("train", run=finish(store, "x", Recipe(dataset="digits"), 0.9))
    test.toggle("train.classical").set_value(True).run()
    job = classical_methods_of(Recipe(dataset="digits"))
    while len(job.results) < 2:
        assert not job.wait(0.1), job.problem
    test.run()
    job.cancel()
    assert not test.exception
    assert any(r"╌╌╌ Pixels \+ k\-NN: **98" in caption.value for caption in test.caption)
    (table,) = (frame.value for frame in test.dataframe if "Classifier" in frame.value)
    assert list(table["Classifier"][:2]) == ["k-NN", "linear SVM"]
    assert table["Test accuracy"][0].startswith("98.")


def test_a_learning_rate_is_found_and_used() -> None:
    test = open_page("train", dataset="digits", batch_size="256")
    test.button("train.find_rate").click().run()
    assert not test.exception
    test.button("train.use_rate").click().run()
    assert not test.exception
    assert 1e-4 < float(test.query_params["learning_rate"]) < 1


def test_a_learning_rate_is_not_looked_for_in_a_network_that_would_take_all_memory() -> None:
    test = open_page("train", dataset="digits", preset="resnet18", in_channels="1", num_classes="10", batch_size="4096")
    test.button("train.find_rate").click().run()
    assert not test.exception
    assert any("and this test may use 2" in error.value for error in test.error)


@pytest.mark.parametrize("name", ["nothing", "own:gone-01234567", "own:../x-01234567"])
def test_a_set_that_nobody_has_is_a_sentence(name: str) -> None:
    test = open_page("train", dataset=name)
    assert test.button("train.start").disabled
    assert any("Data set" in error.value or "not on this machine" in error.value for error in test.error)


def test_further_groups_of_knobs_are_folded_and_marked() -> None:
    test = open_page("train", patience="3")
    labels = [expander.label for expander in test.expander]
    assert "Regularisation •" in labels
    assert "Augmentation" in labels
