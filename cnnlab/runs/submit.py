"""Handing a training over, in one call."""

from typing import TYPE_CHECKING

from cnnlab.runs.launch import ensure_scheduler
from cnnlab.runs.run import Run
from cnnlab.runs.store.store import open_store
from cnnlab.training.recipe import Recipe

if TYPE_CHECKING:
    from cnnlab.architectures import NetworkSpec


def submit(spec: "NetworkSpec", recipe: Recipe, *, name: str | None = None, owner: str = "library") -> Run:
    """Put a training in the queue of the user's store, and return at once; it goes on when this process ends.

    The run has the preset's name where none is given. Owners take turns. Its curve, weights and end are in
    `cnnlab.runs.open_store()`, and on the Train page. Raises `Refused` if the network's shapes break, and
    `StoreUnavailable` if nothing can be written there.

    >>> from cnnlab.architectures import preset
    >>> run = submit(preset("lenet5_tutorial"), Recipe(dataset="digits", epochs=1))
    >>> run.name, run.state
    ('lenet5_tutorial', 'queued')
    """
    from cnnlab.architectures import name_of
    from cnnlab.building import diagnose
    from cnnlab.spec import Refused

    problem = diagnose(spec)
    if problem is not None:
        raise Refused([problem])
    store = open_store()
    run = store.submit(spec, recipe, name=name or name_of(spec), owner=owner)
    ensure_scheduler(store.folder)
    store.close()
    return run
