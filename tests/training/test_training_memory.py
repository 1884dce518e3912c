"""The forecast of a training's memory: enough for what is really kept, the same everywhere, and what it advises."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from cnnlab.analysis import analyse
from cnnlab.analysis.memory import BACKWARD_SHARE, GPUS, largest_batch, training_memory
from cnnlab.architectures import family_of, preset
from cnnlab.building import build
from cnnlab.runs.scheduling.scheduler import ENVIRONMENT
from cnnlab.training import Recipe, Training, TrainingFailed, free_memory
from cnnlab.training import loop as training_loop
from cnnlab.training.memory import batch_that_fits, check_memory, needed_memory, process_memory, run_memory
from cnnlab.training.process_bytes import PROCESS_BYTES

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
    whole = process_memory(spec, recipe, "cpu")
    assert whole == PROCESS_BYTES["cpu"] + run_memory(spec, recipe).total > explored.total
    check_memory(spec, recipe, whole)
    with pytest.raises(TrainingFailed):
        check_memory(spec, recipe, whole - 1)
    for gpu in GPUS.values():
        batch = batch_that_fits(spec, recipe, gpu, "cuda")
        assert process_memory(spec, recipe.replace(batch_size=batch), "cuda") <= gpu
        assert batch <= largest_batch(report, available_bytes=gpu - PROCESS_BYTES["cuda"], **options)  # type: ignore[arg-type]


def test_the_largest_batch_fits_and_one_more_does_not() -> None:
    recipe, free = Recipe(), 400_000_000
    batch = batch_that_fits(SPEC, recipe, free)
    assert process_memory(SPEC, recipe.replace(batch_size=batch), "cpu") <= free
    assert process_memory(SPEC, recipe.replace(batch_size=batch + 1), "cpu") > free
    assert batch_that_fits(SPEC, recipe, 1000) == 0


def test_the_free_memory_is_known_or_not() -> None:
    free, whole = free_memory.free_memory(torch.device("cpu")), free_memory.main_memory()
    assert free is None or whole is None or 0 < free <= whole


def test_the_sentence_names_a_batch_that_should_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe(dataset="digits", batch_size=1024, epochs=1, device="cpu")
    # As much as is forecast turns out to be too little, as on a GPU that others use.
    free = process_memory(SPEC, recipe.replace(batch_size=500), "cpu")
    monkeypatch.setattr(training_loop, "free_memory", lambda _: free)
    monkeypatch.setattr(training_loop, "check_memory", lambda *_: None)
    training = Training(SPEC, recipe)
    training.network.register_forward_pre_hook(lambda *_: torch.empty(2**62, dtype=torch.uint8) and None)
    fits = batch_that_fits(SPEC, recipe, free)
    assert 500 <= fits < 1024
    with pytest.raises(TrainingFailed, match=f"a `batch_size` of {fits} should fit"):
        list(training.events())


def test_a_step_that_will_not_fit_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe(dataset="digits", batch_size=1024, epochs=1, device="cpu")
    needed = process_memory(SPEC, recipe, "cpu")
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


def write_group(folder: Path, limit: str, used: int, version: int) -> None:
    """A control group as Linux shows it."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ("memory.max", "memory.current") if version == 2 else ("memory.limit_in_bytes", "memory.usage_in_bytes")
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{used}\n")
    (folder / "memory.stat").write_text("anon 1\ninactive_file 500000\ntotal_inactive_file 600000\n")


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with 5,000 kB free, and a folder for its control groups."""
    (tmp_path / "meminfo").write_text("MemTotal:   16000 kB\nMemFree:    100 kB\nMemAvailable:    5000 kB\n")
    for name, file in (("_MACHINE", "meminfo"), ("_GROUPS", "groups"), ("_OWN_GROUPS", "own")):
        monkeypatch.setattr(free_memory, name, tmp_path / file)
    return tmp_path


def test_a_container_may_have_less_than_its_machine(linux: Path) -> None:
    assert (free_memory.free_main_memory(), free_memory.main_memory()) == (5000 * 1024, 16000 * 1024)
    write_group(linux / "groups", "max", 3_000_000, 2)
    assert free_memory.free_main_memory() == 5000 * 1024
    write_group(linux / "groups", "4000000", 3_000_000, 2)
    assert (free_memory.free_main_memory(), free_memory.main_memory()) == (1_500_000, 4_000_000)
    write_group(linux / "groups", "2000000", 3_000_000, 2)
    assert free_memory.free_main_memory() == 0


def test_the_strictest_of_the_groups_around_a_process_counts(linux: Path) -> None:
    (linux / "own").write_text("0::/class.slice/lab.service\n")
    write_group(linux / "groups/class.slice/lab.service", "max", 3_000_000, 2)
    write_group(linux / "groups/class.slice", "4500000", 3_500_000, 2)
    assert free_memory.free_main_memory() == 1_500_000


def test_the_first_version_of_control_groups_counts_too(linux: Path) -> None:
    (linux / "own").write_text("5:cpu:/\n4:memory:/docker/abc\n")
    write_group(linux / "groups/memory", "9223372036854771712", 3_000_000, 1)
    assert free_memory.free_main_memory() == 5000 * 1024
    write_group(linux / "groups/memory/docker/abc", "4000000", 3_000_000, 1)
    assert free_memory.free_main_memory() == 1_600_000


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="The peak of memory is read from Linux.")
@pytest.mark.parametrize(
    ("name", "changes", "batch_size"),
    [
        ("mobilenet_v3_mnist", {"image_size": 64}, 8),
        pytest.param("resnet20_cifar", {"in_channels": 1}, 128, marks=pytest.mark.sweep),
        pytest.param("googlenet_mnist", {}, 64, marks=pytest.mark.sweep),
        ("lenet5_tutorial", {}, 1024),
    ],
)
def test_a_run_takes_no_more_than_is_forecast(name: str, changes: dict[str, object], batch_size: int) -> None:
    recipe = Recipe(
        dataset="digits", test_share=0.2, train_share=0.1, batch_size=batch_size, epochs=1, device="cpu", seed=1
    )
    spec = preset(name).replace(**changes)
    given = json.dumps([family_of(spec).name, spec.values, recipe.values])
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": os.pathsep.join(sys.path)}
    measured = subprocess.run(
        [sys.executable, "-c", PEAK, given], env=environment, capture_output=True, text=True, check=True, timeout=300
    )
    assert int(measured.stdout) <= process_memory(spec, recipe, "cpu")


PEAK = """
import json, sys
import torch, torch._dynamo
from pathlib import Path
from cnnlab.architectures import FAMILIES
from cnnlab.training import Recipe, Training

torch.set_num_threads(1)
name, values, recipe = json.loads(sys.argv[1])
spec, recipe = FAMILIES[name].spec(**values), Recipe(**recipe)
status = Path("/proc/self/status")

def kilobytes(entry):
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(entry))

Path("/proc/self/clear_refs").write_text("5")
before = kilobytes("VmRSS")
assert list(Training(spec, recipe).events())[-1].state == "done"
print(1024 * (kilobytes("VmHWM") - before))
"""
"""A program that prints by how many bytes a training makes its process grow at the most."""
