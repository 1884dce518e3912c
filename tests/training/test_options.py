"""What a recipe may add to the steps of the textbook: each does what its name says, and a seed still decides all."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnlab.architectures import preset
from cnnlab.spec import Refused
from cnnlab.training import EpochEnd, Event, Finished, Recipe, Started, Steps, Training, train
from cnnlab.training.named_recipes import RECIPES
from cnnlab.training.step.graphed_step import GraphedStep
from cnnlab.training.step.optimizers import make_optimizer, set_learning_rate
from cnnlab.training.step.schedule import learning_rate_at
from cnnlab.training.step.weight_averaging import AveragedWeights
from cnnlab.words.sentence import Sentence

TINY = preset("lenet5_tutorial").replace(
    channels=(4,), kernel_sizes=(3,), num_pools=1, dense_widths=(), image_size=8, dropout=0.0
)
QUICK = Recipe(dataset="digits", batch_size=256, epochs=1, device="cpu")


def losses_of(events: list[Event]) -> list[float]:
    return [loss for event in events if isinstance(event, Steps) for loss in event.losses]


def ends_of(events: list[Event]) -> list[EpochEnd]:
    return [event for event in events if isinstance(event, EpochEnd)]


EVERYTHING = QUICK.replace(
    warm_up=0.2,
    clip_norm=0.5,
    label_smoothing=0.1,
    ema_decay=0.9,
    crop_padding=1,
    flip=True,
    rotation=10.0,
    erasing=0.5,
    validation_share=0.2,
    train_share=0.5,
    epochs=2,
)


@pytest.mark.parametrize("changes", [{}, {"precision": "bfloat16"}, {"channels_last": False}])
def test_the_same_seed_gives_the_same_curve_to_the_bit(changes: dict[str, object]) -> None:
    def curve(seed: int) -> tuple[list[float], list[EpochEnd]]:
        events = list(train(TINY, EVERYTHING.replace(seed=seed, **changes)))
        return losses_of(events), [replace(end, seconds=0.0) for end in ends_of(events)]

    assert curve(1) == curve(1)
    assert curve(1) != curve(2)


def test_old_recipes_mean_what_they_meant() -> None:
    old = {"dataset": "digits", "batch_size": 64, "epochs": 1, "optimizer": "sgd", "learning_rate": 0.1}
    recipe = Recipe(**old, momentum=0.9, weight_decay=0.0, schedule="constant", initialisation="default", seed=0)
    assert recipe.changes_from(Recipe()).keys() <= old.keys()
    assert recipe.precision == "float32"


def test_validation_images_choose_the_best_epoch() -> None:
    recipe = QUICK.replace(validation_share=0.2, epochs=3)
    start, *_ = events = list(train(TINY, recipe))
    assert isinstance(start, Started)
    assert (start.num_train + start.num_validation, start.num_test) == (1442, 355)
    ends = ends_of(events)
    assert all(end.validation_loss is not None and end.score == end.validation_accuracy for end in ends)
    best = max(end.score for end in ends)
    assert [end.epoch for end in ends if end.is_best][-1] == next(end.epoch for end in ends if end.score == best)


def test_training_stops_when_no_epoch_is_better() -> None:
    # With a rate of next to nothing, no epoch is better than the first.
    recipe = QUICK.replace(learning_rate=1e-6, patience=2, epochs=50)
    events = list(train(TINY, recipe))
    end = events[-1]
    assert isinstance(end, Finished)
    epochs = len(ends_of(events))
    assert epochs < 50
    assert end.best_epoch == epochs - 2
    assert end.state == "done"
    assert end.notes == (f"Stopped early: no epoch after epoch {epochs - 2} had a better accuracy.",)


def test_a_gradient_is_shortened_to_its_longest() -> None:
    recipe = QUICK.replace(optimizer="sgd", learning_rate=1.0, clip_norm=0.01)
    training = Training(TINY, recipe)
    before = [p.detach().clone() for p in training.network.parameters()]
    training.probe(1.0)
    moved = [new.detach() - old for new, old in zip(training.network.parameters(), before, strict=True)]
    assert torch.cat([m.flatten() for m in moved]).norm().item() == pytest.approx(0.01, rel=1e-3)


def test_label_smoothing_is_in_the_loss_to_learn_by_and_not_in_the_test() -> None:
    plain, smooth = (Training(TINY, QUICK.replace(label_smoothing=share)) for share in (0.0, 0.2))
    first = losses_of([next(e for e in plain.events() if isinstance(e, Steps))])[0]
    order = torch.randperm(1442, generator=torch.Generator().manual_seed(0))[:256]
    untrained = Training(TINY, QUICK)
    images = untrained.data.batch(untrained.data.train_images, order)
    logits, labels = untrained.network(images), untrained.data.train_labels[order]
    assert first == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-5)
    events = list(smooth.events())
    smoothed = F.cross_entropy(logits, labels, label_smoothing=0.2).item()
    assert losses_of(events)[0] == pytest.approx(smoothed, rel=1e-5)
    smooth.network.eval()
    tested = smooth.network(smooth.data.batch(smooth.data.test_images, torch.arange(355)))
    assert ends_of(events)[0].test_loss == pytest.approx(
        F.cross_entropy(tested, smooth.data.test_labels).item(), rel=1e-4
    )


def test_warm_up_raises_the_rate_from_almost_nothing() -> None:
    recipe = Recipe(learning_rate=1.0, warm_up=0.5)
    rates = [learning_rate_at(recipe, step, 8) for step in range(1, 9)]
    assert rates == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0]


def test_averaged_weights_are_tested_and_kept() -> None:
    training = Training(TINY, QUICK.replace(ema_decay=0.9, epochs=2))
    assert training.tested_network is not training.network
    end = ends_of(list(training.events()))[-1]
    logits = training.tested_network(training.data.batch(training.data.test_images, torch.arange(355)))
    right = (logits.argmax(1) == training.data.test_labels).float().mean().item()
    assert end.test_accuracy == pytest.approx(right)
    averaged, last = (dict(n.named_parameters()) for n in (training.tested_network, training.network))
    assert all(not torch.equal(averaged[name], last[name]) for name in last)


def test_a_running_mean_is_what_its_formula_says() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    averaged = AveragedWeights(network, 0.5)
    expected = network[0].weight.detach().clone()
    for update in range(1, 12):
        with torch.no_grad():
            network[0].weight += 1
        network(torch.randn(4, 2))
        averaged.update()
        decay = min(0.5, (1 + update) / (10 + update))
        expected = decay * expected + (1 - decay) * network[0].weight.detach()
    assert isinstance(averaged.network, nn.Sequential)
    torch.testing.assert_close(averaged.network[0].weight, expected)
    assert torch.equal(averaged.network[1].running_mean, network[1].running_mean)


def test_bfloat16_computes_with_fewer_digits_and_keeps_float32() -> None:
    training = Training(TINY, QUICK.replace(precision="bfloat16"))
    seen = []
    training.network.register_forward_hook(lambda _module, _inputs, output: seen.append(output.dtype))
    events = list(training.events())
    assert set(seen) == {torch.bfloat16}
    assert all(p.dtype == torch.float32 for p in training.network.parameters())
    full = losses_of(list(train(TINY, QUICK)))
    assert losses_of(events) == pytest.approx(full, rel=0.05)
    assert losses_of(events) != full


def test_channels_last_is_a_matter_of_memory_only() -> None:
    training = Training(TINY, QUICK.replace(channels_last=False))
    batch = training.data.batch(training.data.train_images, torch.arange(5))
    assert batch.is_contiguous()
    rows = losses_of(list(training.events()))
    assert rows == pytest.approx(losses_of(list(train(TINY, QUICK))), rel=1e-3)


def test_augmentation_changes_what_is_learnt_from_and_not_what_is_tested() -> None:
    training = Training(TINY, QUICK.replace(flip=True))
    seen: list[torch.Tensor] = []
    training.network.register_forward_pre_hook(
        lambda module, inputs: seen.append(inputs[0]) if not module.training else None
    )
    list(training.events())
    torch.testing.assert_close(torch.cat(seen), training.data.batch(training.data.test_images, torch.arange(355)))
    assert losses_of(list(train(TINY, QUICK.replace(flip=True)))) != losses_of(list(train(TINY, QUICK)))


def test_a_cuda_graph_changes_nothing_on_a_cpu() -> None:
    assert losses_of(list(train(TINY, QUICK.replace(cuda_graph=True)))) == losses_of(list(train(TINY, QUICK)))


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adam", "adamw"])
def test_a_rate_that_lies_on_the_device_is_set_there(optimizer: str) -> None:
    network = nn.Linear(1, 1)
    made = make_optimizer(Recipe(optimizer=optimizer, learning_rate=0.5), network)
    rate = torch.tensor(0.5)
    made.param_groups[0]["lr"] = rate
    set_learning_rate(made, 0.25)
    assert made.param_groups[0]["lr"] is rate
    assert rate.item() == 0.25


def test_a_step_of_another_size_is_taken_as_usual() -> None:
    taken: list[int] = []

    def step(index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        taken.append(len(index))
        return index.float().mean(), index.float().sum()

    graphed = GraphedStep(step, 4, torch.device("cpu"))
    assert graphed(torch.arange(3))[1].item() == 3
    graphed.reason = Sentence("A step cannot be captured.")
    assert graphed(torch.arange(4))[1].item() == 6
    assert taken == [3, 4]


class BrokenRecording:
    """What `torch.cuda.graph` does where a step cannot be recorded: the error of the step, then one at the end."""

    def __init__(self, _graph: object, stream: object) -> None:
        assert stream == "a stream"

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        raise RuntimeError("CUDA error: operation failed due to a previous error during capture")


class Generator:
    """The random numbers of a GPU, as far as a recording has to do with them."""

    state = "of a recording that has never ended"

    def clone_state(self) -> str:
        return "new"

    def graphsafe_set_state(self, state: str) -> None:
        self.state = state


def test_a_step_that_cannot_be_recorded_is_taken_as_usual_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    is_recording = True

    def step(index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if is_recording:
            raise RuntimeError("CUDA error: operation not permitted when stream is capturing\nCompile with ...")
        return index.float().mean(), index.float().sum()

    graphed, generator = GraphedStep(step, 4, torch.device("cpu")), Generator()
    graphed.__dict__["_stream"] = "a stream"
    graphed._left = 0
    monkeypatch.setattr("torch.cuda.CUDAGraph", lambda: None)
    monkeypatch.setattr("torch.cuda.graph", BrokenRecording)
    streams = ["the stream of the recording"]
    monkeypatch.setattr("torch.cuda.current_stream", lambda _: "the stream of before")
    monkeypatch.setattr("torch.cuda.set_stream", streams.append)
    monkeypatch.setattr("torch.cuda.default_generators", {None: generator})
    graphed._capture()
    assert streams[-1] == "the stream of before"
    is_recording = False
    assert graphed(torch.arange(4))[1].item() == 6
    assert graphed.reason == (
        "The CUDA graph is off, because a step of this network cannot be captured: CUDA error: operation not permitted"
        " when stream is capturing."
    )
    assert generator.state == "new"


def test_every_named_recipe_fits_its_preset() -> None:
    from cnnlab.data import card, fit_notes

    for named in RECIPES.values():
        assert named.title
        assert named.idea.endswith(".")
        fit_notes(card(named.recipe.dataset), preset(named.preset).replace(num_classes=10))


@pytest.mark.parametrize("name", ["modern", "fast"])
def test_a_named_recipe_learns(name: str) -> None:
    spec = preset("resnet20_cifar").replace(width=4, depths=(1,), image_size=16)
    recipe = RECIPES[name].recipe.replace(dataset="shapes_easy", train_share=0.2, epochs=1, device="cpu")
    losses = losses_of(list(train(spec, recipe)))
    assert sum(losses[-3:]) < sum(losses[:3])


def test_a_data_set_that_nobody_knows_is_refused() -> None:
    with pytest.raises(
        Refused, match=r"`dataset` must be the name of a data set, and it is 'shape': did you mean shapes"
    ):
        Recipe(dataset="shape")
    with pytest.raises(Refused, match="`dataset` must be the name"):
        Recipe(dataset="own:../../etc/passwd-01234567")
    with pytest.raises(Refused, match="are not on this machine: import their zip again"):
        train(TINY, QUICK.replace(dataset="own:my-cats-01234567"))
