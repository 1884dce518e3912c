"""How long a network takes on this machine: measured on request, with progress and a stop button."""

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator

from cnnlab.analysis import Analysis
from cnnlab.analysis.timing.latency import PASSES, Timing, doubts
from cnnlab.analysis.timing.roofline import Machine, intensity, layer_work, least_seconds
from cnnlab.analysis.units import SECONDS
from cnnlab.architectures import NetworkSpec
from cnnlab.figures.network.speed import describe_roofline, latency_chart, roofline_chart
from cnnlab.runs.isolated.results import ComputationFailed
from cnnlab.runs.isolated.timing import load, machine_of, timings_of
from cnnlab.training.devices import devices
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.jobs import Job, job_queue, position_text
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.errors import SentenceError
from cnnlab.words.numbers import count, duration
from cnnlab.words.sentence import Sentence, joined

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)

POLL_SECONDS = 0.5
"""How often the progress is drawn again."""

_MEASUREMENT = "explore.time.measurement"
_ANOTHER = Sentence("Another measurement is running on this machine. Try again in a moment.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measurement:
    """A job that measures a network, in so many parts; the load is that of the processor before it."""

    spec: NetworkSpec
    device: str
    load: float
    num_parts: int
    job: Job[tuple[int, Timing]]

    @property
    def timings(self) -> list[Timing]:
        """Those that are final, until now."""
        return [timing for _, timing in self.job.results if timing.is_final]

    @property
    def problem(self) -> Sentence | None:
        """Why there are no more timings, where it ended early and was not stopped."""
        job = self.job
        if not job.has_ended or job.complete or job.is_cancelled:
            return None
        if isinstance(job.problem, SentenceError):
            return job.problem.sentence
        return Sentence("It ended with an error: see the log of the server.")


_measuring = threading.Lock()
"""Two measurements at a time would slow each other down."""


@st.fragment
def show_time(analysis: Analysis) -> None:
    """The controls, and the last measurement of this network."""
    if analysis.problem is not None:
        st.info("A network can be measured once its shapes fit.", icon=":material/tune:")
        return
    present = devices()
    last: _Measurement | None = st.session_state.get(_MEASUREMENT)
    is_running = last is not None and not last.job.has_ended
    with st.container(horizontal=True, vertical_alignment="bottom"):
        device: str = st.selectbox("Device", present, index=len(present) - 1, key="explore.time.device", width=180)
        largest: int = st.select_slider(
            "Batches of 1 to", BATCH_SIZES, value=4, key="explore.time.largest", width="stretch"
        )
        st.button(
            "Measure",
            icon=":material/timer:",
            key="explore.time.begin",
            disabled=is_running,
            on_click=lambda: _begin(analysis.spec, device, largest),
        )
        st.button("Stop", icon=":material/stop:", key="explore.time.stop", disabled=not is_running, on_click=_stop)
    if last is not None and is_running:
        st.fragment(_show_progress, run_every=POLL_SECONDS)(last)
    if last is not None and last.spec == analysis.spec:
        if last.problem is not None:
            st.error(plain(last.problem), icon=":material/memory:")
        if last.timings:
            show_doubts(joined([*doubts(last.timings, last.load)]))
            _show_result(analysis, last.timings, machine_of(last.device))
    elif not is_running:
        threads = torch.get_num_threads()
        st.caption(
            "FLOPs are not time. This builds the network and times it, forward and forward with backward: on a CPU"
            f" with {threads} thread{'s' if threads > 1 else ''}, which other work on the machine slows down."
        )


@contextmanager
def exclusive_measurement(slot: DeltaGenerator) -> Iterator[bool]:
    """Whether no other measurement is running, or else a warning in `slot`; none can start until the block ends."""
    if not _measuring.acquire(blocking=False):
        slot.warning(plain(_ANOTHER), icon=":material/timer:")
        yield False
        return
    try:
        yield True
    finally:
        _measuring.release()


def show_doubts(why: Sentence) -> None:
    """A warning where there is a reason not to trust what was measured."""
    if why:
        st.warning(
            plain(f"These times cannot be trusted. {why} Measure again when less is running."),
            icon=":material/warning:",
        )


def _begin(spec: NetworkSpec, device: str, largest: int) -> None:
    batch_sizes = [n for n in BATCH_SIZES if n <= largest]
    # Each press measures anew.
    job = job_queue().join(("times", object()), lambda: _times_of(spec, device, batch_sizes))
    st.session_state[_MEASUREMENT] = _Measurement(
        spec=spec, device=device, load=load(), num_parts=len(PASSES) * len(batch_sizes), job=job
    )


def _stop() -> None:
    """What was measured until now is kept."""
    job_queue().leave(st.session_state[_MEASUREMENT].job)


def _times_of(
    spec: NetworkSpec, device: str, batch_sizes: Sequence[int]
) -> Generator[tuple[int, Timing] | None, None, None]:
    if not _measuring.acquire(blocking=False):
        raise ComputationFailed(_ANOTHER)
    try:
        yield from timings_of([spec], device, batch_sizes)
    finally:
        _measuring.release()


def _show_progress(measurement: _Measurement) -> None:
    job, done = measurement.job, len(measurement.timings)
    if job.has_ended:
        st.rerun()
    words: str = position_text(job)
    if job.results:
        _, timing = job.results[-1]
        words = Sentence(
            "{what}, batch of {batch}: {median}, {runs} runs",
            what=timing.what,
            batch=timing.batch_size,
            median=duration(timing.median),
            runs=timing.num_runs,
        )
    st.progress(min((done + 0.5) / measurement.num_parts, 1.0), words)


def _show_result(analysis: Analysis, timings: list[Timing], machine: Machine) -> None:
    first = timings[0]
    least = least_seconds(analysis, machine, batch_size=first.batch_size)
    left, middle, right = st.columns(3)
    left.metric(f"{first.what}, batch of {first.batch_size}", SECONDS.short(first.median), border=True)
    middle.metric("Achieved", f"{count(2 * analysis.macs * first.batch_size / first.median)}FLOP/s", border=True)
    right.metric("Least, by the roofline", SECONDS.short(least), border=True)
    each = "; ".join(f"{t.what}, batch of {t.batch_size}: {SECONDS.short(t.median)}" for t in timings)
    alt = f"Time for an image by batch size. {each}."
    times, roof = st.columns(2)
    with times:
        live_chart(latency_chart(timings, theme=theme()), alt=alt, key="explore.time.chart")
    work = layer_work(analysis, batch_size=timings[-1].batch_size)
    with roof:
        live_chart(
            roofline_chart(work, machine, theme=theme()),
            alt=describe_roofline(work, machine),
            key="explore.time.roofline",
        )
    one, many = (intensity(analysis, batch_size=timing.batch_size) for timing in (first, timings[-1]))
    st.caption(
        f"{machine.device} was measured at {count(machine.flops_per_second)}FLOP/s and"
        f" {count(machine.bytes_per_second)}B/s. The forward pass does {one:.3g} operations for each byte with one"
        f" image, {many:.3g} with {timings[-1].batch_size}; below {machine.balance:.3g} the memory limits."
    )
    st.dataframe(
        {
            "Pass": [timing.what for timing in timings],
            "Batch": [timing.batch_size for timing in timings],
            "Median": [SECONDS.short(timing.median) for timing in timings],
            "Half of the runs": [f"{SECONDS.short(t.low)} to {SECONDS.short(t.high)}" for t in timings],
            "Images a second": [count(timing.batch_size / timing.median) for timing in timings],
            "Runs": [timing.num_runs for timing in timings],
        },
        hide_index=True,
        height="content",
    )
