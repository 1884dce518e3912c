"""How long a network takes on a device: measured, with its spread."""

import statistics
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from cnnlab.analysis.costs import Analysis, needs_two_images, training_macs
from cnnlab.analysis.memory import evaluation_memory, training_memory
from cnnlab.architectures import NetworkSpec
from cnnlab.building import image_shape, skeleton_of
from cnnlab.spec import Problem, Refused
from cnnlab.walk import Shape
from cnnlab.words.sentence import Sentence

Pass = Literal["forward", "forward and backward"]
PASSES: tuple[Pass, ...] = ("forward", "forward and backward")

WARM_UP_RUNS = 2
"""Runs that are not timed: the first ones allocate memory and choose algorithms."""

MAX_RUNS, MIN_RUNS = 20, 5
SECONDS_EACH = 1.5
"""A configuration is timed until it has the most runs, or the fewest and has taken that long."""

MAX_MACS = {"cpu": 10**11, "cuda": 10**13}
"""Of one run, by the kind of the device: seconds on a few cores, and well below one on a GPU."""

RESERVED_BYTES, SCATTERED_SHARE = 300 * 2**20, 0.4
"""What is kept free for others, and what an allocator holds beside what is needed, as a share of it."""

WIDE = 0.25
"""A distance between the quartiles, as a share of the median, beyond which something else has slowed the runs."""


BUSY = 0.5
"""A load, as a share of the cores, beyond which a measurement has to share them."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds for one batch: the median of `num_runs` and the quartiles; `is_final` where no more runs follow."""

    what: Pass
    batch_size: int
    median: float
    low: float
    high: float
    num_runs: int
    is_final: bool


def latencies(
    analysis: Analysis,
    *,
    device: torch.device,
    batch_sizes: Sequence[int],
    passes: Sequence[Pass] = PASSES,
    free_bytes: int | None = None,
) -> Iterator[Timing]:
    """Times the network, built with weights of its own; yields after every run, so that the caller can show progress
    and stop.

    "forward" is in eval mode without gradients, "forward and backward" in train mode. Random states do not change.
    Raises `Refused` for batches that are too heavy, or do not fit into `free_bytes`, after the others.
    """
    spec = analysis.spec
    asked = [(what, batch_size) for what in passes for batch_size in batch_sizes]
    asked = [(what, n) for what, n in asked if n > 1 or what == "forward" or not needs_two_images(analysis)]
    problems = {each: too_heavy(analysis, *each, device.type, free_bytes) for each in asked}
    refused = {what: problem for (what, _), problem in reversed(problems.items()) if problem is not None}
    if not all(problems.values()):
        yield from _all_timings(spec, device, [each for each in asked if problems[each] is None])
    if refused:
        raise Refused(refused.values())


def too_heavy(analysis: Analysis, what: Pass, batch_size: int, kind: str, free_bytes: int | None) -> Problem | None:
    """Why a batch is not measured on a device of that kind, of which `free_bytes` are free; None where it is."""
    each = analysis.macs if what == "forward" else training_macs(analysis)
    macs = batch_size * each
    if macs > MAX_MACS[kind]:
        sentence = Sentence(
            "{pass_name}, a batch of {batch_size} has {gmacs:,.0f} GMACs, and up to {limit:,.0f} are measured on this"
            " device: {remedy}.",
            pass_name=what.capitalize(),
            batch_size=batch_size,
            gmacs=macs / 1e9,
            limit=MAX_MACS[kind] / 1e9,
            remedy=_smaller_batches(MAX_MACS[kind] // each),
        )
        return Problem("batch_size", sentence)
    needed = _needed_bytes(analysis, what, batch_size)
    if free_bytes is not None and needed > free_bytes:
        sentence = Sentence(
            "{pass_name}, a batch of {batch_size} needs about {needed:.1f} GB of memory, and {free:.1f} GB are free:"
            " {remedy}.",
            pass_name=what.capitalize(),
            batch_size=batch_size,
            needed=needed / 1e9,
            free=free_bytes / 1e9,
            remedy=_smaller_batches(
                bisect_right(range(1, batch_size), free_bytes, key=lambda n: _needed_bytes(analysis, what, n))
            ),
        )
        return Problem("batch_size", sentence)
    return None


def _smaller_batches(largest: int) -> Sentence:
    """What to do where batches of at most `largest` images can be measured."""
    if largest < 1:
        return Sentence("make the network or its images smaller")
    template = "measure batches of at most {largest}, or make the network or its images smaller"
    return Sentence(template, largest=largest)


def _needed_bytes(analysis: Analysis, what: Pass, batch_size: int) -> int:
    if what == "forward":
        needed = analysis.weight_bytes + evaluation_memory(analysis, batch_size=batch_size)
    else:
        needed = training_memory(analysis, batch_size=batch_size, optimizer="sgd").total
    return RESERVED_BYTES + round((1 + SCATTERED_SHARE) * needed)


def _all_timings(spec: NetworkSpec, device: torch.device, asked: Sequence[tuple[Pass, int]]) -> Iterator[Timing]:
    network = with_weights(skeleton_of(spec), device)
    for what, batch_size in asked:
        try:
            yield from timings(network, random_images((batch_size, *image_shape(spec)), device), what)
        except torch.OutOfMemoryError:
            template = "A batch of {batch_size} does not fit into the memory of {device}: measure smaller batches."
            sentence = Sentence(template, batch_size=batch_size, device=str(device))
            raise Refused([Problem("batch_size", sentence)]) from None


def doubts(timings: Sequence[Timing], load: float) -> tuple[Sentence, ...]:
    """Why these times, of one network, cannot be trusted; empty where nothing speaks against them.

    `load` is the share of the cores that were busy before.
    """
    found = []
    if load > BUSY:
        found.append(Sentence("Other work kept {load:.0%} of the processor busy when it began.", load=min(load, 1)))
    wide = [timing for timing in timings if timing.high - timing.low > WIDE * timing.median]
    if wide:
        worst = max(wide, key=lambda timing: (timing.high - timing.low) / timing.median)
        sentence = Sentence(
            "The middle half of the runs of a batch of {batch_size}, {pass_name}, differ by {share:.0%} of their"
            " median.",
            batch_size=worst.batch_size,
            pass_name=worst.what,
            share=(worst.high - worst.low) / worst.median,
        )
        found.append(sentence)
    medians = {(timing.what, timing.batch_size): timing.median for timing in timings}
    for (what, batch_size), median in medians.items():
        both = medians.get(("forward and backward", batch_size))
        if what == "forward" and both is not None and both < median:
            template = "A batch of {batch_size} took less time forward and backward than forward alone."
            found.append(Sentence(template, batch_size=batch_size))
            break
    return tuple(found)


def with_weights(network: nn.Module, device: torch.device) -> nn.Module:
    """A skeleton on the device with weights of usual size; others, such as denormal numbers, would take longer."""
    network.to_empty(device=device)
    generator = torch.Generator(device).manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() > 1:
                fan_in = parameter.numel() / parameter.shape[0]
                parameter.normal_(0, (2 / fan_in) ** 0.5, generator=generator)
            else:
                parameter.fill_(1)
        for buffer in network.buffers():
            buffer.fill_(1)
    return network


def random_images(shape: Shape, device: torch.device) -> Tensor:
    """Images (N, C, H, W) from a generator of their own."""
    return torch.rand(shape, device=device, generator=torch.Generator(device).manual_seed(0))


def timings(network: nn.Module, images: Tensor, what: Pass) -> Iterator[Timing]:
    """Times of any module with these images (N, C, H, W), one after every run; the module stays in the pass's mode."""
    network.train(what != "forward")
    for _ in range(WARM_UP_RUNS):
        run_seconds(network, images, what)
    taken: list[float] = []
    while len(taken) < MAX_RUNS and (len(taken) < MIN_RUNS or sum(taken) < SECONDS_EACH):
        if taken:
            yield _timing(what, len(images), taken, is_final=False)
        taken.append(run_seconds(network, images, what))
    network.zero_grad(set_to_none=True)
    yield _timing(what, len(images), taken, is_final=True)


def run_seconds(network: nn.Module, images: Tensor, what: Pass) -> float:
    """Seconds until the device has finished."""
    is_cuda = images.device.type == "cuda"
    # Dropout draws from the global random state, which is restored.
    restored = torch.random.fork_rng([images.device] if is_cuda else [])
    with restored, torch.set_grad_enabled(what != "forward"):
        if is_cuda:
            # Work on a GPU is only queued: its own clock says when it began and ended.
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
            with torch.cuda.device(images.device):
                begin.record()
                _work(network, images, what)
                end.record()
            end.synchronize()
            return begin.elapsed_time(end) / 1000
        began = time.perf_counter()
        _work(network, images, what)
        return time.perf_counter() - began


def _work(network: nn.Module, images: Tensor, what: Pass) -> None:
    answer = network(images)
    if what != "forward":
        network.zero_grad(set_to_none=True)
        logits = answer if isinstance(answer, tuple) else (answer,)
        torch.autograd.backward(logits, [torch.ones_like(each) for each in logits])


def quartiles(taken: Sequence[float]) -> tuple[float, float, float]:
    """The lower quartile, the median and the upper quartile."""
    low, median, high = statistics.quantiles(taken, n=4) if len(taken) > 1 else [*taken] * 3
    return low, median, high


def _timing(what: Pass, batch_size: int, taken: list[float], *, is_final: bool) -> Timing:
    low, median, high = quartiles(taken)
    return Timing(what, batch_size, median, low, high, len(taken), is_final)
