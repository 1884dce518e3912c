"""The report of a step: in the page where it is quick, or else in a process of its own, with progress and a stop."""

import streamlit as st

from cnnlab.insight.attribution.methods import BACKWARD
from cnnlab.insight.one_step.report import StepReport, step_report
from cnnlab.runs.isolated.network import network_json
from cnnlab.runs.isolated.one_step import step_report_of
from cnnlab.spec import Refused
from cnnlab.training.failure import TrainingFailed
from cnnlab.ui.inside.asking import Question, answer_to
from cnnlab.ui.inside.one_step.controls import Wanted
from cnnlab.ui.inside.speed import forecast
from cnnlab.ui.inside.subject import Subject, network_key
from cnnlab.ui.markdown import plain
from cnnlab.ui.state.store import run_store

MOST_KEPT = 64
"""Reports that are kept: that of a LeNet has 20 kB."""


def report_of(subject: Subject, wanted: Wanted) -> StepReport | None:
    """The report; None while it is not computed, or cannot be, of which the page then tells."""
    key = (*network_key(subject.run, subject.spec, subject.recipe, subject.epoch), wanted)
    network = network_json(subject.run, subject.spec, subject.recipe, subject.epoch, run_store().folder)
    # Of all steps, and of two more backward passes for the gradients without `zero_grad`.
    num_passes = wanted.batch_size * (wanted.number + 2) * (1 + BACKWARD)
    question = Question(
        key=key,
        name="step",
        seconds=forecast(subject, num_passes),
        here=lambda: _report(repr(key), subject, wanted),
        isolated=lambda: step_report_of(network, *wanted.batch(subject), wanted.recipe, wanted.number),
    )
    try:
        return answer_to(question)
    except (Refused, TrainingFailed) as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        return None


@st.cache_data(show_spinner=False, max_entries=MOST_KEPT)
def _report(key: str, _subject: Subject, _wanted: Wanted) -> StepReport:  # noqa: ARG001 - it is what is cached by
    images, labels = _wanted.batch(_subject)
    *_, report = step_report(_subject.network, images, labels, _wanted.recipe, _wanted.number)
    assert report is not None
    return report
