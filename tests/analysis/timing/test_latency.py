"""What is measured was really run, can be stopped, and leaves nothing behind; what limits it follows from the rows."""

import gc
import weakref

import pytest
import torch

from cnnlab.analysis import analyse
from cnnlab.analysis.timing.latency import (
    MAX_RUNS,
    MIN_RUNS,
    PASSES,
    Pass,
    Timing,
    doubts,
    latencies,
    random_images,
    timings,
    too_heavy,
)
from cnnlab.analysis.timing.roofline import Machine, intensity, layer_work, least_seconds, measure_machine
from cnnlab.architectures import preset
from cnnlab.spec import Refused

CPU = torch.device("cpu")
SMALL = preset("mobilenet_v3_mnist").replace(dropout=0.2)


def test_every_batch_and_pass_is_timed_once() -> None:
    timings = list(latencies(analyse(SMALL), device=CPU, batch_sizes=(1, 2)))
    final = [(timing.what, timing.batch_size) for timing in timings if timing.is_final]
    assert final == [(what, batch_size) for what in PASSES for batch_size in (1, 2)]
    for timing in timings:
        assert timing.median > 0
        assert timing.num_runs == 1 or timing.low <= timing.median <= timing.high
        assert not timing.is_final or MIN_RUNS <= timing.num_runs <= MAX_RUNS


def test_it_can_be_stopped_and_lets_the_network_go(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnnlab.analysis.timing import latency

    built: list[weakref.ref[torch.nn.Module]] = []
    weighted = latency.with_weights

    def watched(*arguments: object) -> torch.nn.Module:
        network = weighted(*arguments)  # type: ignore[arg-type]
        built.append(weakref.ref(network))
        return network

    monkeypatch.setattr(latency, "with_weights", watched)
    measuring = latencies(analyse(SMALL), device=CPU, batch_sizes=(1, 64))
    first = next(measuring)
    assert not first.is_final
    measuring.close()
    gc.collect()
    assert built[0]() is None


def test_any_module_can_be_timed() -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.Flatten())
    *_, last = timings(network, random_images((3, 1, 6, 6), CPU), "forward and backward")
    assert (last.what, last.batch_size, last.is_final) == ("forward and backward", 3, True)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_random_states_stay() -> None:
    before = torch.get_rng_state()
    list(latencies(analyse(preset("lenet5_d2l").replace(dropout=0.5)), device=CPU, batch_sizes=(1,)))
    assert torch.equal(before, torch.get_rng_state())


def test_one_value_is_not_normalised() -> None:
    tiny = analyse(preset("resnet18").replace(width=4, image_size=32, num_classes=4))
    found = [(t.what, t.batch_size) for t in latencies(tiny, device=CPU, batch_sizes=(1, 2)) if t.is_final]
    assert found == [("forward", 1), ("forward", 2), ("forward and backward", 2)]


MACHINE = Machine("cpu", 1e12, 1e11)


def test_the_roof_has_two_sides() -> None:
    assert MACHINE.balance == 10
    assert MACHINE.attainable(5) == 5e11
    assert MACHINE.attainable(20) == 1e12


def test_work_of_one_layer() -> None:
    report = analyse(preset("lenet5_d2l"))
    conv = next(work for work in layer_work(report, batch_size=3) if work.row.path == "features.conv1")
    assert conv.flops == 2 * 3 * 28 * 28 * 6 * 25
    assert conv.num_bytes == 4 * (3 * (28 * 28 + 6 * 28 * 28) + 6 * 25 + 6)
    assert conv.intensity == conv.flops / conv.num_bytes
    assert sum(work.flops for work in layer_work(report, batch_size=3)) == 3 * report.flops


def test_an_addition_reads_both_of_its_maps() -> None:
    report = analyse(preset("resnet18"))
    add = next(work for work in layer_work(report, batch_size=1) if work.row.type == "add")
    assert add.num_bytes == 3 * 4 * 64 * 56 * 56


@pytest.mark.parametrize("name", ["vgg16", "resnet18", "mobilenet_v2"])
def test_larger_batches_use_each_weight_more_often(name: str) -> None:
    report = analyse(preset(name))
    assert intensity(report, batch_size=1) < intensity(report, batch_size=8)
    one = least_seconds(report, MACHINE, batch_size=1)
    assert one < least_seconds(report, MACHINE, batch_size=8) <= 8 * one
    assert one >= report.flops / MACHINE.flops_per_second


def test_this_machine_can_be_measured() -> None:
    machine = measure_machine("cpu")
    assert machine.flops_per_second > 1e8
    assert machine.bytes_per_second > 1e8
    assert measure_machine("cpu") is machine


def timing(what: Pass, median: float, low: float, high: float) -> Timing:
    return Timing(what=what, batch_size=4, median=median, low=low, high=high, num_runs=9, is_final=True)


def test_times_of_a_busy_machine_are_doubted() -> None:
    calm = [timing("forward", 1.0, 0.95, 1.1), timing("forward and backward", 3.0, 2.9, 3.1)]
    assert doubts(calm, load=0.1) == ()
    assert "kept 80% of the processor busy" in doubts(calm, load=0.8)[0]
    assert "differ by 60% of their median" in doubts([timing("forward", 1.0, 0.8, 1.4)], load=0)[0]
    turned = [timing("forward", 3.0, 2.9, 3.1), timing("forward and backward", 2.0, 2.0, 2.0)]
    assert doubts(turned, load=0) == ("A batch of 4 took less time forward and backward than forward alone.",)


@pytest.mark.parametrize("name", ["densenet_bc190_k40_cifar", "mobilenet_v2"])
def test_batches_that_are_too_heavy_are_left_out_and_named(name: str) -> None:
    report = analyse(preset(name))
    assert too_heavy(report, "forward and backward", 128, "cpu", 8 * 10**9) is not None
    measuring = latencies(
        report, device=CPU, batch_sizes=(128,), passes=("forward and backward",), free_bytes=8 * 10**9
    )
    with pytest.raises(Refused, match=r"a batch of 128 (has|needs about) .*: measure batches of at most \d+"):
        next(measuring)


def test_what_fits_is_measured_before_the_refusal() -> None:
    measuring = latencies(analyse(SMALL), device=CPU, batch_sizes=(1, 4096), passes=("forward",), free_bytes=10**9)
    assert next(measuring).batch_size == 1
    with pytest.raises(Refused, match="Forward, a batch of 4096 needs about"):
        list(measuring)
