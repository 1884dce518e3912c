"""A computation of a page ends with it, takes what is there, and fails with a sentence."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cnnlab.analysis.timing.latency import PASSES
from cnnlab.architectures import family_of, preset
from cnnlab.runs.isolated import results
from cnnlab.runs.isolated.results import ComputationFailed, results_of
from cnnlab.runs.isolated.timing import load, machine_of, timings_of
from cnnlab.runs.isolated.training import range_test_of
from cnnlab.training import Recipe
from cnnlab.words.sentence import Sentence

SMALL = preset("lenet5_d2l")


@pytest.fixture
def started(monkeypatch):
    """The processes that were started."""
    found, usual = [], results._start

    def start():
        found.append(usual())
        return found[-1]

    monkeypatch.setattr(results, "_start", start)
    return found


def test_times_come_as_they_are_measured():
    timings = [each for each in timings_of([SMALL], "cpu", (1, 2)) if each is not None]
    final = [(timing.what, timing.batch_size) for _, timing in timings if timing.is_final]
    assert final == [(what, n) for what in PASSES for n in (1, 2)]
    assert machine_of("cpu").flops_per_second > 0
    assert load() >= 0


def test_it_ends_at_once_where_nobody_waits_any_more(started):
    computing = results_of("timings", timing_of("vgg16"))
    assert next(computing) is None
    began = time.monotonic()
    computing.close()
    assert time.monotonic() - began < 1
    assert started[0].returncode is not None


def test_it_ends_with_the_process_that_started_it():
    process = results._start()
    process.stdin.write(b'{"task": "timings", "arguments": ')
    process.stdin.close()
    assert process.wait(60) != 0  # half a request is none
    process.stdout.close()


def timing_of(name, batch_size=1, **changes):
    spec = preset(name).replace(**changes)
    networks = [(family_of(spec).name, spec.values)]
    return {"device": "cpu", "machine": False, "networks": networks, "batch_sizes": [batch_size], "passes": ["forward"]}


@pytest.mark.parametrize(
    ("changes", "batch_sizes", "passes"),
    [
        ({"widths": (4096,) * 5, "kernel_size": 7, "image_size": 32, "dense_width": 4096}, (1,), ("forward",)),
        ({}, (128,), ("forward and backward",)),
    ],
)
def test_what_would_take_all_memory_is_not_begun(changes, batch_sizes, passes):
    spec = preset("vgg11").replace(**changes)
    with pytest.raises(ComputationFailed, match=r"(measure batches of at most \d+, or )?make the network") as caught:
        list(timings_of([spec], "cpu", batch_sizes, passes))
    assert "GMACs" in str(caught.value) or "GB are free" in str(caught.value)


def test_time_has_a_limit():
    with pytest.raises(ComputationFailed, match="longer than 0 seconds: use a smaller batch"):
        list(results_of("timings", timing_of("vgg16"), max_seconds=0))


def test_a_process_that_dies_is_a_sentence(started):
    computing = results_of("timings", timing_of("vgg16"))
    next(computing)
    started[0].kill()
    with pytest.raises(ComputationFailed, match="ended by signal 9, probably because memory ran out"):
        list(computing)


def test_what_a_training_says_is_said():
    with pytest.raises(ComputationFailed, match="`num_classes` must be at least the 10 classes of Digits"):
        list(range_test_of(SMALL.replace(num_classes=2), Recipe(dataset="digits", device="cpu")))


LIMITED = """
import torch
from cnnlab.runs.isolated import __main__ as isolated

isolated.free_main_memory = lambda: 100_000_000
isolated.TASKS["greedy"] = lambda _: iter([len(torch.ones(10**9))])
isolated.main()
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Memory is limited on Linux.")
def test_it_cannot_take_more_than_is_free():
    with subprocess.Popen([sys.executable, "-c", LIMITED], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(b'{"task": "greedy", "arguments": {}}\n')
        process.stdin.flush()
        message = json.loads(process.stdout.readline())
        process.stdin.close()
    assert Sentence.from_stored(message["problem"]).startswith("The memory that is free does not suffice")
