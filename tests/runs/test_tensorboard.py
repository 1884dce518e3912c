"""Event files are read back by TensorBoard itself."""

import importlib.util
import io
import zipfile

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from cnnlab.architectures import preset
from cnnlab.runs import NotPossible, open_store
from cnnlab.runs.exporting import events_zip, write_events
from cnnlab.runs.machine import ResourceUse
from cnnlab.runs.store.recorder import Recorder
from cnnlab.training import EpochEnd, Recipe, Started, Steps


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path / "home")
    yield store
    store.close()


@pytest.fixture
def run(store):
    recipe = Recipe(dataset="digits", validation_share=0.2)
    run = store.submit(preset("lenet5_tutorial"), recipe, name="../<b>evil</b> run", owner="ann")
    pen = Recorder(store.database, store.folder, run.id)
    assert pen.begin()
    pen.write(Started(device="cpu", num_params=1, steps_per_epoch=2, total_steps=6, num_train=9, num_test=3, notes=()))
    pen.write(
        Steps(
            first_step=1,
            losses=(2.5, 2.25),
            accuracies=(0.125, 0.25),
            learning_rate=0.5,
            examples_per_second=100.0,
            seconds=4.0,
            metrics={"gradient_norm": 3.5},
        ),
        ResourceUse(1.0, 5e8),
    )
    pen.write(
        EpochEnd(
            epoch=1,
            step=2,
            train_loss=2.375,
            train_accuracy=0.1875,
            validation_loss=1.75,
            validation_accuracy=0.375,
            test_loss=1.5,
            test_accuracy=0.625,
            seconds=5.0,
            is_best=True,
        )
    )
    return store.run(run.id)


def scalars(events, name):
    return [(event.step, event.value) for event in events.Scalars(name)]


def test_every_number_comes_back(store, run, tmp_path):
    (folder,) = write_events(store, [run], tmp_path / "events")
    assert folder.parent == tmp_path / "events"
    assert folder.name == f"b-evil-b-run-{run.id}"
    events = EventAccumulator(str(folder)).Reload()
    assert scalars(events, "loss/train") == [(1, 2.5), (2, 2.25)]
    assert scalars(events, "accuracy/train") == [(1, 0.125), (2, 0.25)]
    assert scalars(events, "loss/validation") == [(2, 1.75)]
    assert scalars(events, "accuracy/validation") == [(2, 0.375)]
    assert scalars(events, "loss/test") == [(2, 1.5)]
    assert scalars(events, "accuracy/test") == [(2, 0.625)]
    assert scalars(events, "step/learning_rate") == [(1, 0.5)]
    assert scalars(events, "step/gradient_norm") == [(1, 3.5)]
    assert scalars(events, "step/memory_bytes") == [(1, 5e8)]
    assert "step/forward_seconds" not in events.Tags()["scalars"]  # was not measured
    began = run.started_at.timestamp()
    assert [event.wall_time - began for event in events.Scalars("loss/test")] == pytest.approx([5.0], abs=1e-3)


def test_several_runs_are_packed_side_by_side(store, run):
    other = store.submit(preset("lenet5_tutorial"), Recipe(dataset="digits"), name="…", owner="ann")
    with zipfile.ZipFile(io.BytesIO(events_zip(store, [run, other]))) as archive:
        homes = {name.partition("/")[0] for name in archive.namelist()}
    assert homes == {f"b-evil-b-run-{run.id}", other.id}


def test_without_tensorboard_a_sentence_says_how_to_get_it(store, run, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(NotPossible, match="pip install tensorboard"):
        write_events(store, [run], tmp_path / "events")
    assert not (tmp_path / "events").exists()
