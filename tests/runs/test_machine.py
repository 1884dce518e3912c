"""What a process uses, also of a GPU that only seems to be there."""

import os
import sys
import types

import pytest
import torch

from cnnlab.runs import machine
from cnnlab.runs.launch import source_environment
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


def test_what_nvidia_s_package_raises_ends_no_run(gpu, monkeypatch):
    class NVMLError(Exception):
        """As pynvml's: no RuntimeError."""

    def unsupported(_device):
        raise NVMLError("Not Supported")

    monkeypatch.setitem(sys.modules, "pynvml", types.SimpleNamespace(NVMLError=NVMLError))
    gpu(unsupported)
    assert ResourceMonitor("cuda:0").sample().device_use is None


def test_the_scheduler_has_the_gpus_that_torch_can_use(monkeypatch):
    seen = []

    def run(command, *, env, **_options):
        seen.append((command[0], env))
        return types.SimpleNamespace(stdout="[[1, 1000]]")

    monkeypatch.setattr(machine.subprocess, "run", run)
    monkeypatch.setattr(machine.shutil, "which", lambda _: "/usr/bin/nvidia-smi")
    assert machine.gpus({"CUDA_VISIBLE_DEVICES": "0,1"}) == [machine.Gpu("cuda:1", 1000)]
    assert seen == [(sys.executable, {"CUDA_VISIBLE_DEVICES": "0,1"})]


def test_without_a_driver_nobody_is_asked(monkeypatch):
    monkeypatch.setattr(machine.shutil, "which", lambda _: None)
    monkeypatch.setattr(machine, "_DRIVERS", ())
    monkeypatch.setattr(machine.subprocess, "run", None)
    assert machine.gpus({}) == []


def test_a_torch_without_gpus_has_none(monkeypatch):
    monkeypatch.setattr(machine.shutil, "which", lambda _: "/usr/bin/nvidia-smi")
    hidden = {**os.environ, **source_environment(), "CUDA_VISIBLE_DEVICES": ""}
    assert machine.gpus(hidden) == []
