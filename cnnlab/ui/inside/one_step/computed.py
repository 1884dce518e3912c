"""The report of a step: in the page where it is quick, or else in a process of its own, with progress and a stop."""

import streamlit as st

from cnnlab.analysis import analyse
from cnnlab.analysis.costs import training_macs
from cnnlab.insight.one_step.report import StepReport, step_report
from cnnlab.runs.isolated.network import network_json
from cnnlab.runs.isolated.one_step import num_parts, step_report_of
from cnnlab.spec import Refused
from cnnlab.training.failure import TrainingFailed
from cnnlab.ui.inside.one_step.controls import Wanted
from cnnlab.ui.inside.subject import Subject, network_key
from cnnlab.ui.jobs import job_queue, position_text
from cnnlab.ui.markdown import plain
from cnnlab.ui.state.store import run_store
from cnnlab.words.numbers import count, macs
from cnnlab.words.sentence import Sentence

MAX_MACS, MAX_PARAMS = 2 * 10**8, 5 * 10**5
"""The multiply-accumulates of all passes, and the parameters, of what takes under 0.3 s in the page."""

MOST_KEPT = 64
"""Reports that are kept: that of a LeNet has 20 kB, that of a DenseNet-121 under a megabyte."""

POLL_SECONDS = 0.2

_KEPT = "report of one step"


def report_of(subject: Subject, wanted: Wanted) -> StepReport | None:
    """The report; None while it is not computed, or cannot be, of which the page then tells."""
    key = repr((network_key(subject.run, subject.spec, subject.recipe, subject.epoch), wanted))
    kept = st.session_state.get(_KEPT)
    if kept is not None and kept[0] == key:
        return kept[1]
    found = _here(subject, wanted, key) if _is_quick(subject, wanted) else _elsewhere(subject, wanted, key)
    if found is not None:
        st.session_state[_KEPT] = (key, found)
    return found


def _passes_macs(subject: Subject, wanted: Wanted) -> int:
    """Of all steps, and of two more backward passes for the gradients without `zero_grad`."""
    return training_macs(analyse(subject.spec)) * wanted.batch_size * (wanted.number + 2)


def _is_quick(subject: Subject, wanted: Wanted) -> bool:
    return analyse(subject.spec).params <= MAX_PARAMS and _passes_macs(subject, wanted) <= MAX_MACS


def _here(subject: Subject, wanted: Wanted, key: str) -> StepReport | None:
    try:
        return _report(key, subject, wanted)
    except (Refused, TrainingFailed) as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        return None


@st.cache_data(show_spinner=False, max_entries=MOST_KEPT)
def _report(key: str, _subject: Subject, _wanted: Wanted) -> StepReport:  # noqa: ARG001 - it is what is cached by
    images, labels = _wanted.batch(_subject)
    *_, report = step_report(_subject.network, images, labels, _wanted.recipe, _wanted.number)
    assert report is not None
    return report


def _elsewhere(subject: Subject, wanted: Wanted, key: str) -> StepReport | None:
    """Begins when a button is pressed, and ends when another one is, or the visitor leaves."""
    with st.container(horizontal=True, vertical_alignment="center"):
        begin = st.button("Compute this step", icon=":material/play_arrow:", type="primary", key="inside.step.begin")
        # Whatever is pressed ends the run of this script, and with it the computation.
        st.button("Stop", icon=":material/stop:", key="inside.step.stop", disabled=not begin)
    if not begin:
        st.caption(
            plain(
                Sentence(
                    "With {params} parameters and {macs} for its passes, the step takes some seconds, in a process of"
                    " its own.",
                    params=count(analyse(subject.spec).params),
                    macs=macs(_passes_macs(subject, wanted)),
                )
            )
        )
        return None
    network = network_json(subject.run, subject.spec, subject.recipe, subject.epoch, run_store().folder)
    parts, bar = num_parts(wanted.number), st.progress(0.0, "Starting …")
    with job_queue().watch(
        ("one step", key), lambda: step_report_of(network, *wanted.batch(subject), wanted.recipe, wanted.number)
    ) as job:
        while not job.wait(POLL_SECONDS):
            results = job.results[:]
            done = results[-1] if results and isinstance(results[-1], int) else 0
            words = Sentence("Part {part} of {parts} …", part=done + 1, parts=parts) if results else position_text(job)
            bar.progress(done / parts, words)
    bar.empty()
    if job.complete and isinstance(job.results[-1], StepReport):
        st.session_state[_KEPT] = (key, job.results[-1])
        st.rerun()
    why = "It was aborted: see the log of the server." if job.problem is None else str(job.problem)
    st.error(plain(why), icon=":material/error:")
    return None
