"""A GPU that is only listed is not trained on; what ran out of memory is recognised, however it is said."""

from collections.abc import Iterator

import pytest
import torch

from cnnlab.architectures import preset
from cnnlab.data import adapt, adapted, load
from cnnlab.spec import Refused
from cnnlab.training import Recipe, Started, Training, TrainingFailed
from cnnlab.training.devices import gpu_problem, working_device
from cnnlab.training.failure import memory_errors_explained
from cnnlab.words.sentence import Sentence

CUDA = torch.device("cuda", 0)


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A GPU that its driver lists, and that PyTorch has code for."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (8, 6))
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_70", "sm_80", "compute_90"])
    monkeypatch.setattr(torch, "ones", lambda *_, **__: torch.full((8,), 1.0))
    return monkeypatch


@pytest.mark.usefixtures("listed")
def test_a_gpu_that_computes_is_used() -> None:
    assert working_device("auto") == (CUDA, None)
    assert working_device("cuda:0") == (CUDA, None)


@pytest.mark.parametrize(("capability", "works"), [((7, 0), True), ((7, 5), True), ((6, 1), False), ((12, 0), True)])
def test_the_capability_has_to_suit_the_build(
    listed: pytest.MonkeyPatch, capability: tuple[int, int], works: bool
) -> None:
    listed.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    assert (gpu_problem(CUDA) is None) is works


def test_auto_falls_back_to_the_cpu_with_a_note(listed: pytest.MonkeyPatch) -> None:
    listed.setattr(torch.cuda, "is_available", lambda: False)
    device, note = working_device("auto")
    assert device == torch.device("cpu")
    assert note == "Trained on the CPU, because cuda:0 cannot be used: PyTorch finds no driver that suits its version."
    with pytest.raises(Refused, match="`device` is cuda, which cannot be used: PyTorch finds no driver"):
        working_device("cuda")
    training = Training(preset("lenet5_tutorial"), Recipe(dataset="digits", epochs=1))
    started = next(training.events())
    assert isinstance(started, Started)
    assert note in started.notes


def test_a_kernel_that_fails_is_a_reason(listed: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> torch.Tensor:
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device\nCompile with …")

    listed.setattr(torch, "ones", fail)
    assert gpu_problem(CUDA) == "CUDA error: no kernel image is available for execution on the device"


@pytest.mark.parametrize(
    "message",
    [
        "CUDA out of memory. Tried to allocate 2.00 GiB",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory",
    ],
)
def test_every_way_to_say_that_memory_ran_out_is_known(message: str) -> None:
    with (
        pytest.raises(TrainingFailed, match="smaller"),
        memory_errors_explained(lambda: Sentence("Use a smaller one.")),
    ):
        raise RuntimeError(message)


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="BAD_PARAM"), memory_errors_explained(lambda: Sentence("")):
        raise RuntimeError("cuDNN error: CUDNN_STATUS_BAD_PARAM")


def test_autocast_does_not_change_the_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapted, "RESIDENT_BYTES", 0)  # so that each batch is resized when it is read
    data = adapt(load("digits"), preset("lenet5_tutorial").replace(image_size=20))
    index = torch.arange(50)
    usual = data.batch(data.test_images, index)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(data.batch(data.test_images, index), usual)
