"""Finished runs in a comparison: what they reached stands beside what their networks cost."""

from collections.abc import Iterable

from cnnlab.analysis.entries import Entry, Reached, entry_of
from cnnlab.architectures import name_of
from cnnlab.data import title_of
from cnnlab.runs import Run, Store, StoreUnavailable, UnknownRun
from cnnlab.ui.compare.time import latency_of
from cnnlab.ui.state.comparison_link import Network
from cnnlab.ui.state.store import run_store


def entries_of(networks: Iterable[Network]) -> tuple[list[Entry], list[str]]:
    """The networks with what their runs reached, and a sentence for each run that says nothing."""
    entries, sentences = [], []
    for network in networks:
        try:
            run = None if network.run is None else _run_of(network, network.run)
        except (UnknownRun, StoreUnavailable, _OtherRun) as problem:
            run = None
            sentences.append(f"{name_of(network.spec)} stands without its accuracy. {problem}")
        entries.append(
            entry_of(
                network.spec,
                name=run.name if run else "",
                reached=_reached(run) if run else None,
                latency=latency_of(network.spec),
            )
        )
    return entries, sentences


def finished_runs() -> list[Run]:
    """The runs that can be compared, newest first. Raises `StoreUnavailable`."""
    return [run for run in run_store().runs() if not run.active and run.test_accuracy is not None]


class _OtherRun(ValueError):
    """The run that a link names is not one of that network, or has nothing to say."""


def _run_of(network: Network, run_id: str) -> Run:
    store: Store = run_store()
    run = store.run(run_id)
    if run.spec != network.spec:
        raise _OtherRun(f"Run {run_id!r} trained another network, {name_of(run.spec)}.")
    if run.test_accuracy is None:
        raise _OtherRun(f"Run {run_id!r} has not been tested yet: wait until its first epoch has ended.")
    return run


def _reached(run: Run) -> Reached:
    assert run.test_accuracy is not None
    return Reached(dataset=title_of(run.recipe.dataset), accuracy=100 * run.test_accuracy)
