"""The report of a step: in the page where it is quick, or else in a process of its own, with progress and a stop."""

import streamlit as st

from cnnlab.analysis import analyse
from cnnlab.analysis.costs import training_macs
from cnnlab.insight.one_step.report import StepReport, step_report
from cnnlab.runs.isolated.network import network_json
from cnnlab.runs.isolated.one_step import num_parts, step_report_of
from cnnlab.spec import Refused
from cnnlab.training.failure import TrainingFailed
from cnnlab.ui.inside.computing import compute_elsewhere
from cnnlab.ui.inside.one_step.controls import Wanted
from cnnlab.ui.inside.subject import Subject, network_key
from cnnlab.ui.markdown import plain
from cnnlab.ui.state.store import run_store
from cnnlab.words.numbers import count, macs
from cnnlab.words.sentence import Sentence

MAX_MACS, MAX_PARAMS = 2 * 10**8, 5 * 10**5
"""The multiply-accumulates of all passes, and the parameters, of what takes under 0.3 s in the page."""

MOST_KEPT = 64
"""Reports that are kept: that of a LeNet has 20 kB."""


def report_of(subject: Subject, wanted: Wanted) -> StepReport | None:
    """The report; None while it is not computed, or cannot be, of which the page then tells."""
    key = repr((network_key(subject.run, subject.spec, subject.recipe, subject.epoch), wanted))
    params, passes = analyse(subject.spec).params, _passes_macs(subject, wanted)
    if params <= MAX_PARAMS and passes <= MAX_MACS:
        try:
            return _report(key, subject, wanted)
        except (Refused, TrainingFailed) as problem:
            st.error(plain(str(problem)), icon=":material/error:")
            return None
    network = network_json(subject.run, subject.spec, subject.recipe, subject.epoch, run_store().folder)
    return compute_elsewhere(
        "inside.step.report",
        "Compute this step",
        key,
        lambda: step_report_of(network, *wanted.batch(subject), wanted.recipe, wanted.number),
        parts=num_parts(wanted.number),
        forecast=Sentence(
            "With {params} parameters, and {macs} in all passes, the step takes some seconds in a process of its own.",
            params=count(params),
            macs=macs(passes),
        ),
    )


def _passes_macs(subject: Subject, wanted: Wanted) -> int:
    """Of all steps, and of two more backward passes for the gradients without `zero_grad`."""
    return training_macs(analyse(subject.spec)) * wanted.batch_size * (wanted.number + 2)


@st.cache_data(show_spinner=False, max_entries=MOST_KEPT)
def _report(key: str, _subject: Subject, _wanted: Wanted) -> StepReport:  # noqa: ARG001 - it is what is cached by
    images, labels = _wanted.batch(_subject)
    *_, report = step_report(_subject.network, images, labels, _wanted.recipe, _wanted.number)
    assert report is not None
    return report
