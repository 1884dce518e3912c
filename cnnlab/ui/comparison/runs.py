"""Finished runs in a comparison: their accuracy beside the cost of their networks."""

from collections.abc import Iterable

from cnnlab.analysis.entries import Entry, Reached, entry_of
from cnnlab.architectures import name_of
from cnnlab.data import title_of
from cnnlab.runs import Run, StoreUnavailable, UnknownRun
from cnnlab.ui.comparison.time import latency_of
from cnnlab.ui.state.comparison_link import ComparedNetwork
from cnnlab.ui.state.store import run_store
from cnnlab.words.errors import SentenceError
from cnnlab.words.sentence import Sentence


def entries_of(networks: Iterable[ComparedNetwork]) -> tuple[list[Entry], list[Sentence]]:
    """The networks with the accuracy of their runs, and a sentence for each run without one."""
    entries: list[Entry] = []
    sentences: list[Sentence] = []
    for network in networks:
        try:
            run = None if network.run is None else _run_of(network, network.run)
        except (UnknownRun, StoreUnavailable, _OtherRun) as problem:
            run = None
            template = "{network} is shown without an accuracy. {problem}"
            sentences.append(Sentence(template, network=name_of(network.spec), problem=problem.sentence))
        name, reached = (run.name, _reached(run)) if run else ("", None)
        entries.append(entry_of(network.spec, name=name, reached=reached, latency=latency_of(network.spec)))
    return entries, sentences


def finished_runs() -> list[Run]:
    """The runs that can be compared, newest first. Raises `StoreUnavailable`."""
    return [run for run in run_store().runs() if not run.active and run.test_accuracy is not None]


class _OtherRun(SentenceError):
    """The run that a link names is of another network, or has no accuracy."""


def _run_of(network: ComparedNetwork, run_id: str) -> Run:
    run = run_store().run(run_id)
    if run.spec != network.spec:
        sentence = Sentence("Run {run!r} trained another network, {network}.", run=run_id, network=name_of(run.spec))
        raise _OtherRun(sentence)
    if run.test_accuracy is None:
        sentence = Sentence("Run {run!r} has no test accuracy yet: wait for the end of its first epoch.", run=run_id)
        raise _OtherRun(sentence)
    return run


def _reached(run: Run) -> Reached:
    assert run.test_accuracy is not None
    return Reached(dataset=title_of(run.recipe.dataset), accuracy=100 * run.test_accuracy)
