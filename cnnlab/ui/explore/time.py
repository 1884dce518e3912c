"""How long a network takes on this machine: measured on request, with progress and a stop button."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

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
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.numbers import count, duration
from cnnlab.words.sentence import Sentence, joined

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)

_RESULT = "explore.time.result"


@dataclass
class _Measurement:
    """What was measured of a network, what the processor did before, and why there is no more."""

    spec: NetworkSpec
    load: float
    timings: list[Timing] = field(default_factory=list)
    problem: Sentence | None = None
    machine: Machine | None = None


_measuring = threading.Lock()
"""Two measurements at a time would slow each other down."""


@st.fragment
def show_time(analysis: Analysis) -> None:
    """The controls, and the last measurement of this network."""
    if analysis.problem is not None:
        st.info("A network can be measured once its shapes fit.", icon=":material/tune:")
        return
    present = devices()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        device: str = st.selectbox("Device", present, index=len(present) - 1, key="explore.time.device", width=180)
        largest: int = st.select_slider(
            "Batches of 1 to", BATCH_SIZES, value=4, key="explore.time.largest", width="stretch"
        )
        begin = st.button("Measure", icon=":material/timer:", key="explore.time.begin")
        # Whatever is pressed ends the run of this script, and with it the measurement.
        st.button("Stop", icon=":material/stop:", key="explore.time.stop", disabled=not begin)
    if begin and _measure(analysis, device, largest):
        st.rerun()
    found: _Measurement | None = st.session_state.get(_RESULT)
    if found is not None and found.spec == analysis.spec:
        if found.problem is not None:
            st.error(plain(found.problem), icon=":material/memory:")
        if found.timings and found.machine is not None:
            show_doubts(joined([*doubts(found.timings, found.load)]))
            _show_result(analysis, found.timings, found.machine)
    elif not begin:
        threads = torch.get_num_threads()
        st.caption(
            "FLOPs are not time. This builds the network and times it, forward and forward with backward: on a CPU"
            f" with {threads} thread{'s' if threads > 1 else ''}, which other work on the machine slows down."
        )


@contextmanager
def exclusive_measurement(slot: DeltaGenerator) -> Iterator[bool]:
    """Whether no other measurement is running, or else a warning in `slot`; none can start until the block ends."""
    if not _measuring.acquire(blocking=False):
        slot.warning("Another measurement is running on this machine. Try again in a moment.", icon=":material/timer:")
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


def _measure(analysis: Analysis, device: str, largest: int) -> bool:
    """Whether it was measured: not while another measurement is running."""
    batch_sizes = [n for n in BATCH_SIZES if n <= largest]
    total = len(PASSES) * len(batch_sizes)
    st.session_state.pop(_RESULT, None)
    with exclusive_measurement(st.empty()) as is_ours:
        if not is_ours:
            return False
        found = _Measurement(analysis.spec, load())
        words, bar = "Starting", st.progress(0.0, "Starting")
        try:
            # If the visitor stops or has left, the next update of the page raises here, which ends the process.
            with closing(timings_of([analysis.spec], device, batch_sizes)) as results:
                for result in results:
                    if result is not None:
                        _, timing = result
                        each = f"{timing.what}, batch of {timing.batch_size}: {duration(timing.median)}"
                        words = f"{each}, {timing.num_runs} runs"
                        if timing.is_final:
                            found.timings.append(timing)
                            found.machine = machine_of(device)
                            st.session_state[_RESULT] = found
                    bar.progress(min((len(found.timings) + 0.5) / total, 1.0), words)
        except ComputationFailed as failed:
            found.problem = failed.sentence
            st.session_state[_RESULT] = found
        return True


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
