"""The forecast of a training's memory, against what autograd really keeps, and the advice that follows from it."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from cnnlab.architectures import preset
from cnnlab.building import build
from cnnlab.training import Recipe, Training, TrainingFailed, memory
from cnnlab.training import loop as training_loop
from cnnlab.training.memory import (
    BACKWARD_SHARE,
    free_memory,
    image_memory,
    largest_batch,
    needed_memory,
    weight_memory,
)

SPEC = preset("lenet5_tutorial")


def test_an_image_is_forecast_by_what_autograd_keeps() -> None:
    spec = preset("resnet20_cifar").replace(width=8)
    network, kept = build(spec), {}
    weights = {p.untyped_storage().data_ptr() for p in network.parameters()}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    images = torch.randn(8, 3, spec.image_size, spec.image_size)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = F.cross_entropy(network(images), torch.zeros(8, dtype=torch.int64))
    measured = sum(kept.values()) / 8
    loss.backward()
    forecast = image_memory(spec, Recipe()) - images[0].nbytes
    assert forecast / (1 + BACKWARD_SHARE) == pytest.approx(measured, rel=0.05)


@pytest.mark.parametrize(("optimizer", "copies"), [("sgd", 2), ("momentum", 3), ("adam", 4)])
def test_weights_count_once_for_each_thing_that_is_remembered(optimizer: str, copies: int) -> None:
    assert weight_memory(SPEC, Recipe(optimizer=optimizer)) == copies * 61_706 * 4
    assert weight_memory(SPEC, Recipe(optimizer=optimizer, ema_decay=0.9)) == (copies + 1) * 61_706 * 4


def test_the_largest_batch_fits_and_one_more_does_not() -> None:
    recipe, free = Recipe(), 50_000_000
    batch = largest_batch(SPEC, recipe, free)
    assert needed_memory(SPEC, recipe.replace(batch_size=batch)) <= free
    assert needed_memory(SPEC, recipe.replace(batch_size=batch + 1)) > free
    assert largest_batch(SPEC, recipe, 1000) == 0


def test_the_free_memory_is_known_or_not() -> None:
    free = free_memory(torch.device("cpu"))
    assert free is None or free > 0


def test_the_sentence_names_a_batch_that_should_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe(dataset="digits", batch_size=1024, epochs=1, device="cpu")
    # As much as is forecast turns out to be too little, as on a GPU that others use.
    monkeypatch.setattr(training_loop, "free_memory", lambda _: 10_000_000)
    monkeypatch.setattr(training_loop, "check_memory", lambda *_: None)
    training = Training(SPEC, recipe)
    training.network.register_forward_pre_hook(lambda *_: torch.empty(2**62, dtype=torch.uint8) and None)
    fits = largest_batch(SPEC, recipe, 10_000_000)
    assert 2 <= fits < 1024
    with pytest.raises(TrainingFailed, match=f"a `batch_size` of {fits} should fit"):
        list(training.events())


def test_a_step_that_will_not_fit_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe(dataset="digits", batch_size=1024, epochs=1, device="cpu")
    needed = needed_memory(SPEC, recipe)
    monkeypatch.setattr(training_loop, "free_memory", lambda _: needed - 1)
    fits = largest_batch(SPEC, recipe, needed - 1)
    assert fits == 1023
    with pytest.raises(
        TrainingFailed, match=f"GB are free: a `batch_size` of {fits} should fit; reduce either of them"
    ):
        Training(SPEC, recipe)
    Training(SPEC, recipe.replace(batch_size=fits))
    monkeypatch.setattr(training_loop, "free_memory", lambda _: 1000)
    with pytest.raises(TrainingFailed, match="GB are free: reduce either of them, use a smaller"):
        Training(SPEC, recipe)


def test_a_container_may_have_less_than_its_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine, group = tmp_path / "meminfo", tmp_path / "group"
    group.mkdir()
    monkeypatch.setattr(memory, "_MACHINE", machine)
    monkeypatch.setattr(memory, "_CONTAINER", group)
    cpu = torch.device("cpu")
    machine.write_text("MemTotal:   16000 kB\nMemFree:    100 kB\nMemAvailable:    5000 kB\n")
    assert free_memory(cpu) == 5000 * 1024
    (group / "memory.max").write_text("max\n")
    (group / "memory.current").write_text("3000000\n")
    (group / "memory.stat").write_text("anon 1\ninactive_file 500000\n")
    assert free_memory(cpu) == 5000 * 1024
    (group / "memory.max").write_text("4000000\n")
    assert free_memory(cpu) == 1_500_000
    (group / "memory.max").write_text("2000000\n")
    assert free_memory(cpu) == 0
