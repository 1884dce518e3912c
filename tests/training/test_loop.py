import json
import math
import threading
from time import monotonic

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load as load_weights

from cnnlab.architectures import preset
from cnnlab.building import build
from cnnlab.data import load
from cnnlab.spec import Refused
from cnnlab.training import EpochEnd, Finished, Recipe, Started, Steps, Training, TrainingFailed, event_from, train
from cnnlab.training import loop as training_loop
from cnnlab.training.checkpoint import checkpoint_bytes, read_checkpoint, weights_bytes, write_atomically
from cnnlab.training.failure import LossRange, is_blown_up, why_blown_up
from cnnlab.training.initialise import initialise
from cnnlab.training.loop import batch_sizes

TINY = preset("lenet5_tutorial").replace(
    channels=(4,), kernel_sizes=(3,), num_pools=1, dense_widths=(), image_size=8, dropout=0.0
)
QUICK = Recipe(dataset="digits", batch_size=256, epochs=1)


def losses_of(events):
    return [loss for event in events if isinstance(event, Steps) for loss in event.losses]


def test_the_default_recipe_teaches_the_tutorial_lenet():
    *_, end = train(preset("lenet5_tutorial"), Recipe())
    assert end.state == "done"
    assert end.test_accuracy >= 0.93


def test_events_tell_the_whole_story_once():
    events = list(train(TINY, QUICK.replace(epochs=2)))
    start, end = events[0], events[-1]
    assert start == Started(
        device="cpu",
        num_params=sum(p.numel() for p in build(TINY).parameters()),
        steps_per_epoch=6,
        total_steps=12,
        num_train=1442,
        num_test=355,
        notes=(),
    )
    steps = [event for event in events if isinstance(event, Steps)]
    assert [step for event in steps for step in range(event.first_step, event.last_step + 1)] == list(range(1, 13))
    assert all(0 <= share <= 1 for event in steps for share in event.accuracies)
    assert all(event.examples_per_second > 0 for event in steps)
    first, second = (event for event in events if isinstance(event, EpochEnd))
    assert (first.epoch, first.step, second.epoch, second.step) == (1, 6, 2, 12)
    assert first.is_best
    best = max(first, second, key=lambda epoch: epoch.test_accuracy)
    assert isinstance(end, Finished)
    assert (end.state, end.test_accuracy, end.best_test_accuracy) == ("done", second.test_accuracy, best.test_accuracy)
    assert end.best_epoch == best.epoch
    times = [event.seconds for event in events[1:]]
    assert times == sorted(times)


def test_a_training_has_no_thread_and_prints_nothing(capfd):
    # torch starts threads for itself at the first backward pass, and not Python's.
    before = threading.active_count()
    for _ in train(TINY, QUICK):
        assert threading.active_count() == before
    assert capfd.readouterr() == ("", "")


def test_events_survive_json():
    for event in train(TINY, QUICK):
        assert event_from(json.loads(json.dumps(event.to_dict()))) == event


def test_an_epoch_is_summed_up_over_its_images():
    recipe = QUICK.replace(batch_size=1000)
    training = Training(TINY, recipe)
    events = list(training.events())
    steps = [event for event in events if isinstance(event, Steps)]
    (end,) = (event for event in events if isinstance(event, EpochEnd))
    (large, small), (right_large, right_small) = (
        [value for event in steps for value in getattr(event, name)] for name in ("losses", "accuracies")
    )
    assert math.isclose(end.train_loss, (1000 * large + 442 * small) / 1442, rel_tol=1e-6)
    assert math.isclose(end.train_accuracy, (1000 * right_large + 442 * right_small) / 1442, rel_tol=1e-6)
    training.network.eval()
    images = training.data.batch(training.data.test_images, torch.arange(355))
    with torch.no_grad():
        logits = training.network(images)
    right = logits.argmax(1) == training.data.test_labels
    assert math.isclose(end.test_accuracy, right.float().mean().item(), rel_tol=1e-6)
    assert math.isclose(end.test_loss, F.cross_entropy(logits, training.data.test_labels).item(), rel_tol=1e-5)


def test_the_steps_are_those_of_the_textbook():
    recipe = QUICK.replace(optimizer="sgd", learning_rate=0.5, weight_decay=0.01, schedule="cosine", seed=3)
    training = Training(TINY, recipe)
    torch.manual_seed(3)
    network, data = build(TINY), load("digits")
    images = data.train_images.float()
    images = (images - images.mean()) / images.std(correction=0)
    order = torch.randperm(1442, generator=torch.Generator().manual_seed(3))
    expected = []
    for i, index in enumerate(order.split(256)):
        loss = F.cross_entropy(network(images[index]), data.train_labels[index])
        expected.append(loss.item())
        network.zero_grad()
        loss.backward()
        with torch.no_grad():
            for p in network.parameters():
                p -= 0.5 * (1 + math.cos(math.pi * i / 6)) / 2 * (p.grad + 0.01 * p)
    assert losses_of(training.events()) == pytest.approx(expected, rel=1e-4)
    for ours, theirs in zip(training.network.parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("spec", [TINY, preset("lenet5_tutorial").replace(norm="batch", dropout=0.5)])
def test_the_same_seed_gives_the_same_curve(spec):
    def curve(seed):
        events = list(train(spec, QUICK.replace(seed=seed)))
        return losses_of(events), events[-1].test_accuracy

    first = curve(1)
    torch.manual_seed(99)  # what the caller draws changes nothing
    assert curve(1) == first
    assert curve(2)[0] != first[0]


def test_the_caller_s_random_numbers_are_not_disturbed():
    spec = preset("lenet5_tutorial").replace(dropout=0.5)
    torch.manual_seed(5)
    alone = torch.rand(6)
    undisturbed = losses_of(train(spec, QUICK))

    torch.manual_seed(5)
    drawn, events = [torch.rand(1)], []
    for event in train(spec, QUICK):
        events.append(event)
        drawn.append(torch.rand(1))
    assert torch.equal(torch.cat(drawn)[:6], alone[: len(drawn)])
    assert losses_of(events) == undisturbed

    torch.manual_seed(5)
    events = train(spec, QUICK)
    next(events), next(events)
    events.close()
    assert torch.equal(torch.rand(6), alone)


@given(st.integers(2, 5000), st.integers(2, 600))
def test_batches_take_each_image_once_and_never_one_alone(num_images, batch_size):
    sizes = batch_sizes(num_images, batch_size)
    assert sum(sizes) == num_images
    assert min(sizes) >= 2
    assert max(sizes) <= batch_size + 1
    assert set(sizes[:-1]) <= {batch_size}


def test_batch_norm_over_a_single_pixel_trains_when_one_image_is_left_over():
    spec = preset("lenet5_rgb").replace(norm="batch", num_pools=2, in_channels=1)
    recipe = QUICK.replace(batch_size=131)  # 1442 = 11 * 131 + 1
    training, seen = Training(spec, recipe), []
    training.network.register_forward_pre_hook(lambda module, inputs: seen.append((module.training, len(inputs[0]))))
    *_, end = training.events()
    assert end.state == "done"
    assert [size for is_training, size in seen if is_training] == [131] * 10 + [132]


@pytest.mark.parametrize("optimizer", Recipe.settings()["optimizer"].choices)
def test_each_optimizer_learns(optimizer):
    losses = losses_of(
        train(TINY, QUICK.replace(optimizer=optimizer, learning_rate=0.01, weight_decay=0.001, epochs=3))
    )
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("schedule", Recipe.settings()["schedule"].choices)
def test_each_schedule_is_followed(schedule):
    recipe = QUICK.replace(schedule=schedule)
    training = Training(TINY, recipe)
    steps = [event for event in training.events() if isinstance(event, Steps)]
    for event in steps:
        assert event.learning_rate == training_loop.learning_rate_at(recipe, event.last_step, 6)
    assert training.optimizer.param_groups[0]["lr"] == steps[-1].learning_rate


@pytest.mark.parametrize(
    ("initialisation", "deviation"),
    [("xavier", (2 / (84 + 120)) ** 0.5), ("kaiming", (2 / 120) ** 0.5), ("normal", 0.01)],
)
def test_each_initialisation_draws_what_it_says(initialisation, deviation):
    network = build(preset("lenet5_tutorial"))
    initialise(network, initialisation)
    dense = network.classifier.dense2
    assert dense.weight.shape == (84, 120)
    assert dense.weight.std().item() == pytest.approx(deviation, rel=0.05)
    assert not dense.bias.any()
    assert all(not bias.any() for name, bias in network.named_parameters() if name.endswith("bias"))
    assert losses_of(train(TINY, QUICK.replace(initialisation=initialisation)))


def test_the_default_initialisation_is_torch_s():
    torch.manual_seed(7)
    expected = build(TINY).state_dict()
    ours = Training(TINY, QUICK.replace(seed=7)).network.state_dict()
    assert all(torch.equal(ours[name], expected[name]) for name in expected)


def test_a_loss_that_leaves_the_numbers_ends_in_a_sentence():
    recipe = QUICK.replace(optimizer="sgd", learning_rate=100.0, weight_decay=1.0, epochs=50)
    losses, events = [], train(TINY, recipe)
    with pytest.raises(TrainingFailed) as caught:
        losses.extend(loss for event in events if isinstance(event, Steps) for loss in event.losses)
    assert losses
    assert all(map(math.isfinite, losses))
    sentence = str(caught.value)
    assert f"in step {len(losses) + 1}:" in sentence
    assert "`learning_rate` of 100" in sentence
    assert "Try 10," in sentence


@pytest.mark.parametrize(("value", "words"), [(math.nan, "not a number"), (1e38, "infinite")])
@pytest.mark.parametrize(("step", "cause"), [(1, "before any weight has changed"), (5, "`learning_rate` of 0.002")])
def test_a_loss_that_is_no_number_names_the_step_the_cause_and_a_remedy(value, words, step, cause):
    training, calls = Training(TINY, QUICK), []

    def spoil(_module, _inputs, output):
        calls.append(1)
        return output * value if len(calls) == step else None

    training.network.register_forward_hook(spoil)
    with pytest.raises(TrainingFailed, match=f"training loss is {words} in step {step}[,:].*{cause}.* [Tt]ry "):
        list(training.events())


def test_a_test_loss_that_is_no_number_is_a_sentence():
    training = Training(TINY, QUICK)
    training.network.register_forward_hook(
        lambda module, _inputs, output: None if module.training else output * math.nan
    )
    with pytest.raises(TrainingFailed, match="The test loss is not a number after step 6:"):
        list(training.events())


@pytest.mark.parametrize("step", [1, 4])
def test_too_little_memory_ends_in_a_sentence(step):
    training, calls = Training(TINY, QUICK), []

    def allocate(*_):
        calls.append(1)
        if len(calls) == step:
            torch.empty(2**62, dtype=torch.uint8)

    training.network.register_forward_pre_hook(allocate)
    with pytest.raises(TrainingFailed, match=f"Out of memory in step {step}, with a `batch_size` of 256 and"):
        list(training.events())


def test_other_errors_are_not_mistaken_for_it():
    training = Training(TINY, QUICK)
    training.network.register_forward_pre_hook(lambda *_: torch.ones(2) @ torch.ones(3))
    with pytest.raises(RuntimeError, match="size"):
        list(training.events())


def test_what_does_not_fit_is_refused_before_anything_is_trained():
    with pytest.raises(Refused, match="at least the 10 classes"):
        Training(TINY.replace(num_classes=9), QUICK)
    with pytest.raises(Refused) as caught:
        Training(TINY, QUICK.replace(device="cuda:99"))
    assert caught.value.problems[0].field == "device"
    assert "must be auto or one of cpu" in str(caught.value)


def test_stopping_keeps_what_was_learnt():
    asked = []

    def stop():
        asked.append(1)
        return len(asked) > 3

    training = Training(TINY, QUICK.replace(epochs=1000), stop)
    before = build(TINY).state_dict()
    *steps, end = training.events()
    assert end.state == "stopped"
    assert training.step == max(event.last_step for event in steps if isinstance(event, Steps))
    assert 0 < training.step < training.total_steps
    after = training.network.state_dict()
    assert all(not torch.equal(after[name], before[name]) for name in before)


def test_a_slow_step_is_stopped_in_its_middle(monkeypatch):
    monkeypatch.setattr(training_loop, "DRAIN_SECONDS", 0.0)

    def events_until(check):
        """The events if the wish to stop is there from the given check on, and whether any weight changed."""
        asked = []
        training = Training(TINY, QUICK.replace(batch_size=1442), lambda: asked.append(1) or len(asked) >= check)
        before = {name: tensor.clone() for name, tensor in training.network.state_dict().items()}
        kinds = [type(event) for event in training.events()]
        after = training.network.state_dict()
        return kinds, any(not torch.equal(before[name], after[name]) for name in before)

    layers = 5  # convolution, activation, pooling, flattening, output: each checks before and on the way back
    for check in (1, 2, layers, layers + 2, 2 * layers):
        assert events_until(check) == ([Started, Finished], False)
    assert events_until(2 * layers + 2) == ([Started, Steps, Finished], True)


def test_fast_steps_are_not_slowed_by_the_wish_to_stop():
    training = Training(TINY, QUICK)
    leaf = training.network.features.conv1
    hooks = []
    leaf.register_forward_hook(lambda *_: hooks.append(len(leaf._forward_pre_hooks)))
    events = training.events()
    while not isinstance(next(events), EpochEnd):
        pass
    in_training = hooks[:6]
    assert in_training[0] == 1  # the first step might turn out to be slow
    assert in_training[-1] == 0
    assert hooks[-1] == 1  # batches of an evaluation may be slower than a step
    events.close()


def test_the_first_step_is_told_at_once():
    events = train(TINY, QUICK)
    next(events)
    assert len(next(events).losses) == 1


def test_a_listener_who_takes_long_does_not_lower_the_speed():
    began, listened = monotonic(), 0.0
    events = []
    for event in train(TINY, QUICK.replace(epochs=3)):
        events.append(event)
        told = monotonic()
        while monotonic() < told + 0.1:
            pass
        listened += monotonic() - told
    assert events[-1].seconds <= monotonic() - began - listened


def test_weights_are_written_whole_with_what_they_are(tmp_path):
    network = build(TINY).to(memory_format=torch.channels_last)
    path = tmp_path / "last.safetensors"
    path.write_bytes(b"the old ones")
    content = weights_bytes(network, {"family": "lenet"})
    write_atomically(path, content)
    assert [file.name for file in tmp_path.iterdir()] == ["last.safetensors"]
    state = load_weights(path.read_bytes())
    assert state.keys() == network.state_dict().keys()
    assert all(torch.equal(state[name], tensor) for name, tensor in network.state_dict().items())
    assert b'"family":"lenet"' in content[:500]


def test_a_write_that_breaks_off_leaves_the_old_weights(tmp_path):
    path = tmp_path / "last.safetensors"
    path.write_bytes(b"the old ones")
    (tmp_path / "last.safetensors.partial").mkdir()
    with pytest.raises(OSError, match="partial"):
        write_atomically(path, b"the new ones")
    assert path.read_bytes() == b"the old ones"


@pytest.mark.parametrize("changes", [{"optimizer": "momentum", "learning_rate": 1.0}, {"learning_rate": 1.0}])
def test_a_training_that_blew_up_and_stayed_finite_says_so(changes):
    *_, end = train(preset("lenet5_tutorial"), Recipe(dataset="digits", epochs=2, device="cpu", **changes))
    assert end.state == "done"
    (note,) = end.notes
    assert is_blown_up(note)
    assert note.startswith("The training blew up: the loss rose from 2.3 in the first step to ")
    assert f"With a `learning_rate` of 1 the steps of {note.values['optimizer']} are too large. Try 0.1," in note


def test_a_training_that_learns_did_not_blow_up():
    *_, end = train(TINY, QUICK.replace(epochs=2, batch_size=32))
    assert end.notes == ()


def test_a_blow_up_is_remembered_by_a_training_that_is_resumed(tmp_path):
    losses = LossRange()
    losses.add(1, (2.3, 2.2))
    losses.add(3, (1e6, 2.3))
    assert (losses.first, losses.highest, losses.highest_step) == (2.3, 1e6, 3)
    assert why_blown_up(Recipe(), 10, losses, 2.3) is not None
    assert why_blown_up(Recipe(), 10, losses, 0.5) is None, "it has recovered"
    first = Training(TINY, QUICK)
    events = list(first.events())
    write_atomically(tmp_path / "c", checkpoint_bytes(first.checkpoint()))
    assert read_checkpoint(tmp_path / "c").position.losses.highest == max(losses_of(events))
