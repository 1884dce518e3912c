"""Runs with a network, trained for a few steps by the test itself."""

from cnnlab.architectures import NetworkSpec
from cnnlab.runs import Store
from cnnlab.runs.store.files import epoch_file
from cnnlab.training import Recipe, Steps
from cnnlab.training.checkpoint import checkpoint_bytes
from cnnlab.training.loop import Training

DIGITS = Recipe(dataset="digits")


def trained_run(store: Store, spec: NetworkSpec, recipe: Recipe = DIGITS, name: str = "a run") -> str:
    """The id of a run whose network is kept after its first epoch, which ended early."""
    run_id = store.submit(spec, recipe, name=name, owner="somebody").id
    training = Training(spec, recipe)
    next(event for event in training.events() if isinstance(event, Steps))
    path = epoch_file(store.folder, run_id, 1)
    path.parent.mkdir(parents=True)
    path.write_bytes(checkpoint_bytes(training.checkpoint()))
    return run_id
