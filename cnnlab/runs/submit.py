"""Submitting runs: a new one in one call, and one that continues from another."""

from typing import TYPE_CHECKING, Any

from cnnlab.runs.launch import ensure_scheduler
from cnnlab.runs.run import Run, name_of_fork
from cnnlab.runs.store.store import Store, open_store
from cnnlab.spec import Problem, Refused, set_to
from cnnlab.training.recipe import SPLIT, Recipe
from cnnlab.words.sentence import Sentence

if TYPE_CHECKING:
    from cnnlab.architectures import NetworkSpec

FIXED = ("dataset", *SPLIT, "batch_size", "seed")
"""What a fork has from its parent: with other images, or other batches of them, its epochs would not be comparable."""


def submit(spec: "NetworkSpec", recipe: Recipe, *, name: str | None = None, owner: str = "library") -> Run:
    """Put a training in the queue of the user's store, and return at once; it continues after this process ends.

    The run has the preset's name where none is given. Owners share the machine fairly. Its curve, weights and outcome
    are in `cnnlab.runs.open_store()` and on the Train page. Raises `Refused` if the network's shapes do not fit
    together or a limit is exceeded, and `StoreUnavailable` if the store cannot be written.

    >>> from cnnlab.architectures import preset
    >>> run = submit(preset("lenet5_tutorial"), Recipe(dataset="digits", epochs=1))
    >>> run.name, run.state
    ('lenet5_tutorial', 'queued')
    """
    return submit_seeds(spec, recipe, 1, name=name, owner=owner)[0]


def submit_seeds(
    spec: "NetworkSpec", recipe: Recipe, num_seeds: int, *, name: str | None = None, owner: str = "library"
) -> list[Run]:
    """Put a training for each of `num_seeds` consecutive seeds in the queue, or none of them where one is refused.

    Raises as `submit`.
    """
    store = open_store()
    try:
        submitted = store.submit_seeds(spec, recipe, num_seeds, name=name, owner=owner)
        ensure_scheduler(store.folder)
    finally:
        store.close()
    return submitted


def fork(store: Store, run_id: str, *, epoch: int, owner: str, **changes: Any) -> Run:
    """Submit a run that continues from the end of an `epoch` of `run_id`, with these `changes` to its recipe.

    Its first step is the one after that epoch, so its curve branches off the parent's. Anyone may fork any run: the
    parent is not changed. Raises `UnknownRun`; `NotPossible` if no checkpoint of that epoch is kept; `Refused` for
    changes that are not allowed or exceed a limit.
    """
    parent = store.run(run_id)
    template = "`{field}` of a fork is its parent's, {value}: leave it unchanged, or start a new run."
    values = {field: value for field, value in parent.recipe.values.items() if field in FIXED}
    fixed = {field: value for field, value in values.items() if changes.get(field, value) != value}
    if fixed:
        problems = [Problem(field, Sentence(template, field=field, value=value)) for field, value in fixed.items()]
        raise Refused(problem.of(Recipe.settings()) for problem in problems)
    recipe = parent.recipe.replace(**changes)
    if recipe.epochs <= epoch:
        sentence = Sentence(
            "`epochs` includes the parent's, so it must be more than the {done} that are done, and it is {epochs}: use"
            " {fewest} or more.",
            done=epoch,
            epochs=recipe.epochs,
            fewest=epoch + 1,
        )
        problem = Problem("epochs", sentence, remedies=(set_to("epochs", epoch + 1),))
        raise Refused([problem.of(Recipe.settings())])
    name = name_of_fork(parent.name, epoch)
    return store.submit(parent.spec, recipe, name=name, owner=owner, parent=run_id, parent_epoch=epoch)
