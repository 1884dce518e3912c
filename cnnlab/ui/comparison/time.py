"""How long the networks of a comparison take on this machine: measured when asked, one after the other."""

from collections.abc import Sequence
from contextlib import closing

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnlab.analysis.entries import Entry
from cnnlab.analysis.timing.latency import doubts
from cnnlab.architectures import NetworkSpec
from cnnlab.figures.palette import ENTRY_LETTERS
from cnnlab.runs.isolated.results import ComputationFailed
from cnnlab.runs.isolated.timing import load, timings_of
from cnnlab.training.devices import devices
from cnnlab.ui.explore.time import exclusive_measurement, show_doubts
from cnnlab.ui.markdown import plain
from cnnlab.words.sentence import Sentence, joined

_DEVICE, _MEASURED = "compare.device", "seconds that networks took"
_DOUBTS = "compare.time.doubts"


def latency_of(spec: NetworkSpec) -> float | None:
    """The seconds for one image on the chosen device, if this visitor has measured them."""
    return _measured().get((_device(), spec))


def show_measure() -> DeltaGenerator | None:
    """The buttons that start and stop the measurement; if the first was pressed, the place for its progress."""
    present = devices()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        begin = st.button("Measure the time", icon=":material/timer:", key="compare.measure")
        # Any button ends the run of this script, and with it the measurement.
        st.button("Stop", icon=":material/stop:", type="tertiary", key="compare.stop", disabled=not begin)
        if len(present) > 1:
            st.selectbox("Device", present, key=_DEVICE, label_visibility="collapsed", width=160)
        st.caption(f"Forward pass of one image on {_device()}. FLOPs are not time.")
    slot = st.empty()
    if not begin:
        found: dict[str, Sentence] = st.session_state.get(_DOUBTS, {})
        show_doubts(joined([Sentence("{letter}: {why}", letter=letter, why=why) for letter, why in found.items()]))
    return slot if begin else None


def _device() -> str:
    """The chosen device, or else the fastest kind of this machine."""
    present = devices()
    chosen = st.session_state.setdefault(_DEVICE, present[-1])
    return chosen if chosen in present else present[-1]


def measure_times(entries: Sequence[Entry], slot: DeltaGenerator) -> None:
    """Times each network that has no time yet, or all of them again; then the page shows the times.

    It comes last in a page, which is complete while it goes on.
    """
    with exclusive_measurement(slot) as is_ours:
        if not is_ours:
            return
        waiting = [one for one in entries if one.latency is None] or list(entries)
        st.session_state[_DOUBTS] = {}
        began_with = load()
        done, words = 0, "Starting"
        try:
            # If the visitor stops or has left, the next update of the page raises here, which ends the process.
            specs = [one.analysis.spec for one in waiting]
            with closing(timings_of(specs, _device(), (1,), ("forward",))) as results:
                for result in results:
                    if result is not None:
                        done, timing = result
                        letter = ENTRY_LETTERS[entries.index(waiting[done])]
                        words = f"{letter}: {1000 * timing.median:.3g} ms, {timing.num_runs} runs"
                        if timing.is_final:
                            _measured()[_device(), specs[done]] = timing.median
                            for why in doubts([timing], began_with):
                                st.session_state[_DOUBTS][letter] = why
                    slot.progress(done / len(waiting), words)
        except ComputationFailed as failed:
            slot.error(plain(failed.sentence), icon=":material/memory:")
            return
    st.rerun()


def _measured() -> dict[tuple[str, NetworkSpec], float]:
    """Seconds for one image, by device and network."""
    measured: dict[tuple[str, NetworkSpec], float] = st.session_state.setdefault(_MEASURED, {})
    return measured
