"""What the page says of a network's parameters: computed in it, or for large networks in a process of its own."""

from collections.abc import Iterator

import streamlit as st
from torch import nn

from cnnlab.analysis import analyse
from cnnlab.insight.parameter_report import ParameterReport, num_parts, parameter_report
from cnnlab.runs import NotPossible
from cnnlab.runs.isolated.network import Json, network_json
from cnnlab.runs.isolated.parameters import parameter_report_of
from cnnlab.runs.results.trained import network_at, network_epochs
from cnnlab.training.checkpoint import DamagedCheckpoint
from cnnlab.ui.inside.asking import Question, answer_to
from cnnlab.ui.inside.subject import Subject, network_key
from cnnlab.ui.markdown import plain
from cnnlab.ui.state.store import run_store

MAX_EPOCHS = 12
"""Of the training that are looked at, evenly from all that are kept."""

VALUES_PER_SECOND = 3 * 10**6
"""The parameters of all networks that are looked at together."""

MOST_KEPT = 32
"""Reports that are kept: that of a LeNet has 100 kB."""


def parameters_of(subject: Subject) -> ParameterReport | None:
    """The report; None while it is not computed, or cannot be, of which the page then tells."""
    epochs, folder = _epochs(subject), run_store().folder
    key = (*network_key(subject.run, subject.spec, subject.recipe, subject.epoch), epochs)

    def described(epoch: int) -> Json:
        return network_json(subject.run, subject.spec, subject.recipe, epoch, folder)

    question = Question(
        key=key,
        name="parameters",
        seconds=analyse(subject.spec).params * num_parts(len(epochs)) / VALUES_PER_SECOND,
        here=lambda: _report(repr(key), subject, epochs),
        isolated=lambda: parameter_report_of(described(subject.epoch), {epoch: described(epoch) for epoch in epochs}),
    )
    try:
        return answer_to(question)
    except (NotPossible, DamagedCheckpoint) as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        return None


def _epochs(subject: Subject) -> tuple[int, ...]:
    """Of the run, at most `MAX_EPOCHS`, the first and the last among them."""
    kept = [] if subject.run is None else network_epochs(subject.run, run_store().folder)
    last = len(kept) - 1
    if last < MAX_EPOCHS:
        return tuple(kept)
    return tuple(kept[round(i * last / (MAX_EPOCHS - 1))] for i in range(MAX_EPOCHS))


@st.cache_data(show_spinner=False, max_entries=MOST_KEPT)
def _report(key: str, _subject: Subject, _epochs: tuple[int, ...]) -> ParameterReport:  # noqa: ARG001 - it is what is cached by
    *_, report = parameter_report(_subject.network, _subject.spec, _subject.recipe.seed, _networks(_subject, _epochs))
    assert report is not None
    return report


def _networks(subject: Subject, epochs: tuple[int, ...]) -> Iterator[tuple[int, nn.Module]]:
    for epoch in epochs:
        assert subject.run is not None
        yield epoch, network_at(subject.run, epoch, folder=run_store().folder)
