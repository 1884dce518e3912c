"""The forecast of a training's memory: enough for what is really kept, the same everywhere, and what it advises."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from cnnlab.analysis import analyse
from cnnlab.analysis.memory import BACKWARD_SHARE, GPUS, largest_batch, training_memory
from cnnlab.architectures import preset
from cnnlab.building import build
from cnnlab.training import Recipe, Training, TrainingFailed, memory
from cnnlab.training import loop as training_loop
from cnnlab.training.memory import PROCESS_BYTES, batch_that_fits, check_memory, free_memory, gpu_memory, needed_memory

SPEC = preset("lenet5_tutorial")
RESNET = preset("resnet20_cifar").replace(width=8)
RECIPES = [Recipe(), Recipe(optimizer="adamw", batch_size=32), Recipe(precision="bfloat16", batch_size=64)]


def batch_memory(recipe: Recipe) -> int:
    """Bytes that the images of a batch beyond the first two add to a step."""
    return needed_memory(RESNET, recipe) - needed_memory(RESNET, recipe.replace(batch_size=2))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_batch_needs_no_more_than_is_forecast(precision: str) -> None:
    recipe = Recipe(batch_size=9, precision=precision)
    network, kept = build(RESNET), [0, 0]
    weights = {p.untyped_storage().data_ptr() for p in network.parameters()}
    for i, num_images in enumerate((2, recipe.batch_size)):
        storages: dict[int, torch.Tensor] = {}

        def keep(tensor: torch.Tensor, storages: dict[int, torch.Tensor] = storages) -> torch.Tensor:
            storages.setdefault(tensor.untyped_storage().data_ptr(), tensor.detach())
            return tensor.detach()

        images = torch.randn(num_images, 3, RESNET.image_size, RESNET.image_size)
        autocast = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor), autocast:
            F.cross_entropy(network(images), torch.zeros(num_images, dtype=torch.int64))
        kept[i] = sum(t.untyped_storage().nbytes() for place, t in storages.items() if place not in weights)
    assert kept[1] - kept[0] == pytest.approx(batch_memory(recipe) / (1 + BACKWARD_SHARE), rel=0.05)
    assert kept[1] - kept[0] < batch_memory(recipe)


@pytest.mark.parametrize(("optimizer", "copies"), [("sgd", 2), ("momentum", 3), ("adam", 4)])
def test_weights_count_once_for_each_state_of_the_optimiser(optimizer: str, copies: int) -> None:
    num_params = 61_706
    recipe = Recipe(optimizer=optimizer)
    averaging = recipe.replace(ema_decay=0.9)
    without_weights = training_memory(analyse(SPEC), batch_size=recipe.batch_size, optimizer=optimizer)
    rest = without_weights.activations + without_weights.images + without_weights.backward
    assert needed_memory(SPEC, recipe) - rest == copies * num_params * 4
    assert needed_memory(SPEC, averaging) - needed_memory(SPEC, recipe) == num_params * 4


@pytest.mark.parametrize("recipe", RECIPES, ids=["usual", "adamw", "bfloat16"])
@pytest.mark.parametrize("name", ["lenet5_tutorial", "resnet18", "googlenet", "mobilenet_v2"])
def test_explore_train_the_check_and_the_scheduler_have_one_forecast(name: str, recipe: Recipe) -> None:
    spec = preset(name)
    report, options = analyse(spec), {"optimizer": recipe.optimizer, "number_type": recipe.precision}
    explored = training_memory(report, batch_size=recipe.batch_size, **options)  # type: ignore[arg-type]
    assert needed_memory(spec, recipe) == explored.total
    assert gpu_memory(spec, recipe) == PROCESS_BYTES + explored.total
    check_memory(spec, recipe, explored.total)
    with pytest.raises(TrainingFailed):
        check_memory(spec, recipe, explored.total - 1)
    for gpu in GPUS.values():
        batch = largest_batch(report, available_bytes=gpu - PROCESS_BYTES, **options)  # type: ignore[arg-type]
        assert batch_that_fits(spec, recipe, gpu - PROCESS_BYTES) == batch
        assert gpu_memory(spec, recipe.replace(batch_size=min(batch, 4096))) <= gpu


def test_the_largest_batch_fits_and_one_more_does_not() -> None:
    recipe, free = Recipe(), 50_000_000
    batch = batch_that_fits(SPEC, recipe, free)
    assert needed_memory(SPEC, recipe.replace(batch_size=batch)) <= free
    assert needed_memory(SPEC, recipe.replace(batch_size=batch + 1)) > free
    assert batch_that_fits(SPEC, recipe, 1000) == 0


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
    fits = batch_that_fits(SPEC, recipe, 10_000_000)
    assert 2 <= fits < 1024
    with pytest.raises(TrainingFailed, match=f"a `batch_size` of {fits} should fit"):
        list(training.events())


def test_a_step_that_will_not_fit_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe(dataset="digits", batch_size=1024, epochs=1, device="cpu")
    needed = needed_memory(SPEC, recipe)
    monkeypatch.setattr(training_loop, "free_memory", lambda _: needed - 1)
    fits = batch_that_fits(SPEC, recipe, needed - 1)
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
