"""Training on a GPU: nothing waits in a step, a recorded step learns what a usual one learns. Skipped without a GPU."""

import pytest
import torch

from cnnlab.architectures import preset
from cnnlab.training import EpochEnd, Finished, Recipe, Steps, Training, train

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="There is no GPU."),
    # torch says so once in a process, at the first call.
    pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype feature"),
]

SPEC = preset("lenet5_tutorial").replace(norm="batch")
RECIPE = Recipe(dataset="digits", batch_size=64, epochs=2, device="cuda", optimizer="sgd", learning_rate=0.05)


def losses(spec_recipe: Recipe) -> list[float]:
    return [loss for event in train(SPEC, spec_recipe) if isinstance(event, Steps) for loss in event.losses]


EVERYTHING = RECIPE.replace(
    optimizer="adamw",
    learning_rate=0.002,
    crop_padding=2,
    flip=True,
    rotation=10.0,
    erasing=0.5,
    clip_norm=1.0,
    label_smoothing=0.1,
    ema_decay=0.9,
    precision="bfloat16",
)


@pytest.mark.parametrize("recipe", [RECIPE, EVERYTHING, EVERYTHING.replace(cuda_graph=True)])
def test_nothing_in_a_step_waits_for_the_device(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Training._take_step

    def watched(training: Training, index: torch.Tensor) -> None:
        # A recording waits for what went before, once.
        mode = "error" if training.step > 5 else "default"
        torch.cuda.set_sync_debug_mode(mode)
        try:
            usual(training, index)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(Training, "_take_step", watched)
    events = list(train(SPEC, recipe))
    assert isinstance(events[-1], Finished)
    assert events[-1].notes == ()


@pytest.mark.parametrize("optimizer", Recipe.settings()["optimizer"].choices)
def test_a_recorded_step_learns_what_a_usual_one_learns(optimizer: str) -> None:
    recipe = RECIPE.replace(optimizer=optimizer, learning_rate=0.005, schedule="one_cycle", deterministic=True)
    usual, recorded = losses(recipe), losses(recipe.replace(cuda_graph=True))
    assert recorded == pytest.approx(usual, rel=0.02, abs=0.01)


def test_the_same_seed_gives_the_same_curve_with_all_chance_in_the_recording() -> None:
    recipe = EVERYTHING.replace(cuda_graph=True, deterministic=True)
    assert losses(recipe) == losses(recipe)


def test_a_fast_recipe_learns() -> None:
    ends = [
        event for event in train(SPEC, EVERYTHING.replace(cuda_graph=True, epochs=5)) if isinstance(event, EpochEnd)
    ]
    assert ends[-1].test_accuracy > 0.8


@pytest.mark.parametrize("cuda_graph", [False, True])
def test_norms_are_those_of_the_measured_step(*, cuda_graph: bool) -> None:
    """A recorded step is not measured: its graph has no place where that could begin."""
    training = Training(SPEC, RECIPE.replace(cuda_graph=cuda_graph))
    norms: dict[int, list[float]] = {}
    usual = training._take_step

    def take_step(index: torch.Tensor) -> None:
        usual(index)
        norms[training.step] = [p.detach().norm().item() for p in training.network.parameters()]

    training._take_step = take_step  # type: ignore[method-assign]
    measured = [event.norms for event in training.events() if isinstance(event, Steps) and event.norms]
    assert bool(measured) is not cuda_graph
    for found in measured:
        assert found.weights == pytest.approx(norms[found.step], rel=1e-4)
