"""What a process uses, also of a GPU that only seems to be there."""

import pytest
import torch

from cnnlab.runs.machine import ResourceMonitor


def test_a_busy_process_uses_a_core_and_memory():
    monitor = ResourceMonitor("cpu")
    sum(i * i for i in range(300_000))
    use = monitor.sample()
    assert 0 < use.cores_used < 1.5
    assert use.memory_bytes is None or use.memory_bytes > 10**7
    assert use.device_use is None


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 5e9)
    return lambda share: monkeypatch.setattr(torch.cuda, "utilization", share)


def test_a_gpu_tells_its_memory_and_how_busy_it_is(gpu):
    gpu(lambda device: {"cuda:1": 37}[device])
    use = ResourceMonitor("cuda:1").sample()
    assert (use.memory_bytes, use.device_use) == (5e9, 0.37)


def test_a_gpu_that_does_not_tell_is_asked_once(gpu):
    asked = []

    def missing(device):
        asked.append(device)
        raise ModuleNotFoundError("pynvml does not seem to be installed or it can't be imported.")

    gpu(missing)
    monitor = ResourceMonitor("cuda:0")
    assert [monitor.sample().device_use for _ in range(3)] == [None, None, None]
    assert asked == ["cuda:0"]
