"""A training that is broken off and goes on is the training that was never broken off, to the bit."""

import os
import random
from dataclasses import replace

import pytest
import torch

from cnnlab.architectures import preset
from cnnlab.training import EpochEnd, Finished, Recipe, Started, Steps, Training
from cnnlab.training import loop as training_loop
from cnnlab.training.checkpoint import DamagedCheckpoint, checkpoint_bytes, read_checkpoint, write_atomically

SPEC = preset("lenet5_tutorial").replace(
    channels=(4,), kernel_sizes=(3,), num_pools=1, dense_widths=(), image_size=8, dropout=0.3, norm="batch"
)
RECIPE = Recipe(dataset="digits", batch_size=256, epochs=3, schedule="cosine", validation_share=0.1)


@pytest.fixture(autouse=True)
def every_step_is_told(monkeypatch):
    monkeypatch.setattr(training_loop, "DRAIN_SECONDS", 0.0)


def told(events):
    """What was computed, without what depends on the clock."""
    losses = [
        pair
        for event in events
        if isinstance(event, Steps)
        for pair in zip(event.losses, event.accuracies, strict=True)
    ]
    ends = [replace(event, seconds=0.0) for event in events if isinstance(event, EpochEnd)]
    return losses, ends


def weights(training):
    return [
        tensor.clone()
        for tensor in (*training.network.state_dict().values(), *training.tested_network.state_dict().values())
    ]


def assert_equal(first, second):
    assert len(first) == len(second)
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


def through_a_file(checkpoint, tmp_path):
    write_atomically(tmp_path / "checkpoint.safetensors", checkpoint_bytes(checkpoint))
    return read_checkpoint(tmp_path / "checkpoint.safetensors")


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "adam", "ema_decay": 0.9},
        {"optimizer": "momentum", "clip_norm": 1.0, "flip": True, "crop_padding": 1, "erasing": 0.5},
        {"optimizer": "sgd", "channels_last": False, "warm_up": 0.2},
        {"optimizer": "nesterov", "rotation": 10.0},
        {"optimizer": "rmsprop", "patience": 1},
        {"optimizer": "adamw", "precision": "bfloat16", "weight_decay": 0.01},
    ],
    ids=lambda changes: changes["optimizer"],
)
def test_what_goes_on_from_any_event_ends_as_what_was_never_broken_off(changes, tmp_path):
    recipe = RECIPE.replace(**changes)
    whole = Training(SPEC, recipe)
    events = list(whole.events())
    assert isinstance(events[-1], Finished)
    chance = random.Random(changes["optimizer"])
    for place in chance.sample(range(1, len(events)), 3):
        first = Training(SPEC, recipe)
        going = first.events()
        before = [next(going) for _ in range(place)]
        checkpoint = through_a_file(first.checkpoint(), tmp_path)
        going.close()

        second = Training(SPEC, recipe)
        second.restore(checkpoint)
        after = list(second.events())
        assert isinstance(after[0], Started)
        assert told(before + after[1:]) == told(events)
        assert_equal(weights(second), weights(whole))
        assert after[-1].test_accuracy == events[-1].test_accuracy
        assert after[-1].best_epoch == events[-1].best_epoch
        assert after[-1].notes == events[-1].notes


def test_a_step_that_is_stopped_in_its_middle_is_taken_again(tmp_path):
    recipe = RECIPE.replace(batch_size=1298, epochs=2)  # slow in its first step: each layer asks whether to stop
    whole = Training(SPEC, recipe)
    events = list(whole.events())
    for check in range(1, 200, 5):
        asked = []
        first = Training(SPEC, recipe, lambda asked=asked, check=check: asked.append(1) or len(asked) >= check)
        before = list(first.events())
        if before[-1].state == "done":
            break
        second = Training(SPEC, recipe)
        second.restore(through_a_file(first.checkpoint(), tmp_path))
        assert told(before + list(second.events())) == told(events)
        assert_equal(weights(second), weights(whole))
    assert check > 20
    assert before[-1].state == "done"


def test_what_goes_on_under_another_recipe_begins_where_the_other_was(tmp_path):
    first = Training(SPEC, RECIPE)
    going = first.events()
    while not isinstance(next(going), EpochEnd):
        pass
    checkpoint = through_a_file(first.checkpoint(), tmp_path)
    going.close()
    for changes in ({"learning_rate": 0.0002}, {"optimizer": "momentum"}, {"ema_decay": 0.9}, {"epochs": 5}):
        other = Training(SPEC, RECIPE.replace(**changes))
        other.restore(checkpoint)
        for network in (other.network, other.tested_network):
            assert_equal(
                list(network.state_dict().values()), [checkpoint.network[name] for name in network.state_dict()]
            )
        events = list(other.events())
        steps = [event for event in events if isinstance(event, Steps)]
        assert steps[0].first_step == checkpoint.position.step + 1
        assert [event.epoch for event in events if isinstance(event, EpochEnd)] == list(
            range(2, other.recipe.epochs + 1)
        )


def damaged(content, kind):
    if kind == "cut":
        return content[: len(content) // 2]
    if kind == "empty":
        return b""
    if kind == "flipped":
        return content[:-40] + bytes([content[-40] ^ 1]) + content[-39:]
    if kind == "foreign":
        return content.replace(b'"position"', b'"positioN"')
    return b"something else" * 100


@pytest.mark.parametrize("kind", ["cut", "empty", "flipped", "foreign", "other"])
def test_a_damaged_checkpoint_is_a_sentence(tmp_path, kind):
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(damaged(checkpoint_bytes(Training(SPEC, RECIPE).checkpoint()), kind))
    with pytest.raises(DamagedCheckpoint, match=r"checkpoint.safetensors is damaged \(.*\): start the run again, or"):
        read_checkpoint(path)


def test_a_checkpoint_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(DamagedCheckpoint, match="No such file"):
        read_checkpoint(tmp_path / "none")


def test_another_network_s_checkpoint_is_a_sentence():
    checkpoint = Training(SPEC, RECIPE).checkpoint()
    with pytest.raises(DamagedCheckpoint, match="is of another network"):
        Training(SPEC.replace(channels=(5,)), RECIPE).restore(checkpoint)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="There is no device that is always full.")  # noqa: PTH110
def test_a_full_disk_leaves_the_last_whole_one(tmp_path):
    path = tmp_path / "last"
    write_atomically(path, b"whole")
    (tmp_path / "last.partial").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new" * 10_000)
    assert path.read_bytes() == b"whole"
    assert [file.name for file in tmp_path.iterdir()] == ["last"]


def test_a_fork_has_patience_and_a_best_epoch_of_its_own(tmp_path):
    recipe = RECIPE.replace(learning_rate=1e-6, patience=1, epochs=20)
    first = Training(SPEC, recipe)
    events = list(first.events())
    stopped_after = [event.epoch for event in events if isinstance(event, EpochEnd)][-1]
    assert stopped_after < 20
    checkpoint = through_a_file(first.checkpoint(), tmp_path)

    fork = Training(SPEC, recipe)
    fork.restore(checkpoint.forked())
    told_by_fork = list(fork.events())
    ends = [event for event in told_by_fork if isinstance(event, EpochEnd)]
    assert (ends[0].epoch, ends[0].is_best) == (stopped_after + 1, True)
    assert told_by_fork[-1].best_epoch > stopped_after
    assert told_by_fork[-1].best_test_accuracy is not None

    broken_off = Training(SPEC, recipe, lambda: True)
    broken_off.restore(checkpoint.forked())
    end = list(broken_off.events())[-1]
    assert (end.state, end.test_accuracy, end.best_test_accuracy) == ("stopped", None, None)
