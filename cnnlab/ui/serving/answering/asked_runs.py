"""The runs that are asked: their networks and how images become their input, prepared once for all visitors."""

import threading
from dataclasses import dataclass
from typing import Literal

from torch import nn

from cnnlab.analysis import analyse
from cnnlab.bounded_cache import BoundedCache, Key, Result, bounded_cache
from cnnlab.data.adapted import Adapted
from cnnlab.runs import NotPossible, Run
from cnnlab.runs.results.trained import input_of, network_epochs
from cnnlab.ui.serving.answering.batches import TooSlow
from cnnlab.ui.serving.answering.lookups import Lookups
from cnnlab.ui.state.loaded_networks import MAX_BYTES, loaded_network
from cnnlab.ui.state.store import run_store
from cnnlab.words.numbers import macs, size
from cnnlab.words.sentence import Sentence

MAX_EPOCHS = 12
"""Epochs of one run that are asked together."""

MAX_MACS = 3 * 10**9
"""Of one image: a core takes about `SLOW_SECONDS` for them."""

MAX_PREPARED = 256
"""Runs of which is kept how an image becomes their input."""

Which = int | Literal["last", "all"]
"""After which epoch a run is asked."""

_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class AskedRun:
    """A run, the epochs whose networks are kept, and how an image becomes their input."""

    run: Run
    epochs: tuple[int, ...]
    adapted: Adapted


def asked_run(run_id: str, *, again: bool) -> AskedRun:
    """The run of that id, looked up `again` or as it is known.

    Raises what `Store.run` and `input_of` do, `NotPossible`, and `TooSlow` for a large network. Who may see the pages
    may see all runs on them, and ask them.
    """
    run, epochs = _lookups.again(run_id) if again else _lookups.known(run_id)
    if not epochs:
        raise NotPossible(Sentence("{name} has no network yet: wait for the end of its first epoch.", name=run.name))
    return AskedRun(run, epochs, _prepared(_input, run_id))


def network_of(run_id: str, epoch: int) -> nn.Module:
    """The network after that epoch. Raises what `loaded_network` does."""
    return _prepared(loaded_network, (run_id, epoch))


def is_ready(run_id: str, which: Which) -> bool:
    """Whether the run can be asked at once: what is known of it is fresh, and all that has to be read is kept."""
    known = _lookups.fresh(run_id)
    if known is None or _input.kept(run_id) is None:
        return False
    return all(loaded_network.kept((run_id, epoch)) is not None for epoch in chosen_epochs(known[1], which))


def chosen_epochs(epochs: tuple[int, ...], which: Which) -> tuple[int, ...]:
    """The epochs that are asked of those that are kept."""
    if which == "all":
        return spread_epochs(epochs)
    return epochs[-1:] if which == "last" else (which,)


def _prepared(cache: BoundedCache[Key, [], Result], key: Key) -> Result:
    """What is kept, at once; or else it is loaded for all who ask for it, one at a time."""
    kept = cache.kept(key)
    if kept is not None:
        return kept
    with _loading:
        return cache(key)


def spread_epochs(epochs: tuple[int, ...]) -> tuple[int, ...]:
    """At most `MAX_EPOCHS` of them, evenly chosen, with the first and the last.

    >>> spread_epochs((0, 1, 2)), spread_epochs(tuple(range(100)))
    ((0, 1, 2), (0, 9, 18, 27, 36, 45, 54, 63, 72, 81, 90, 99))
    """
    if len(epochs) <= MAX_EPOCHS:
        return epochs
    return tuple(epochs[round(i * (len(epochs) - 1) / (MAX_EPOCHS - 1))] for i in range(MAX_EPOCHS))


def _look_up(run_id: str) -> tuple[Run, tuple[int, ...]]:
    store = run_store()
    run = store.run(run_id)
    return run, tuple(network_epochs(run, store.folder))


_lookups = Lookups(_look_up)


@bounded_cache(size=lambda _: 1, limit=MAX_PREPARED)
def _input(run_id: str) -> Adapted:
    run = run_store().run(run_id)
    analysis = analyse(run.spec)
    if analysis.macs > MAX_MACS:
        raise TooSlow(
            Sentence(
                "The network of {name} takes {value} for one image, and may take {limit} to answer while you draw: use"
                " a smaller one, or smaller images.",
                name=run.name,
                value=macs(analysis.macs),
                limit=macs(MAX_MACS),
            )
        )
    if analysis.weight_bytes > MAX_BYTES:
        raise TooSlow(
            Sentence(
                "The weights of {name} take {value}, and may take {limit} to answer while you draw: use a smaller one.",
                name=run.name,
                value=size(analysis.weight_bytes),
                limit=size(MAX_BYTES),
            )
        )
    return input_of(run)
