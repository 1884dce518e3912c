"""A new run that goes on from where another one was, under a recipe that is a little different."""

from typing import Any

from cnnlab.runs.run import NotPossible, Run
from cnnlab.runs.store.files import epoch_file, kept_epochs
from cnnlab.runs.store.store import Store
from cnnlab.spec import Problem, Refused
from cnnlab.training.recipe import Recipe

FIXED = ("dataset", "train_share", "validation_share", "test_share", "batch_size", "seed")
"""What a fork has from its parent: with other images, or other batches of them, an epoch would be something else."""


def fork(store: Store, run_id: str, *, epoch: int, name: str, owner: str, **changes: Any) -> Run:
    """Submit a run that begins where `run_id` was after `epoch`, with these `changes` to its recipe.

    Its first step is the one after that epoch, so that its curve branches off the parent's. Raises `UnknownRun`;
    `NotPossible` if no checkpoint of that epoch is kept; `Refused` for changes that cannot be, or beyond a limit.
    """
    parent = store.run(run_id)
    fixed = [name for name in changes if name in FIXED and changes[name] != getattr(parent.recipe, name)]
    if fixed:
        raise Refused(
            Problem(
                field, f"`{field}` of a fork is its parent's, {getattr(parent.recipe, field)}: leave it, or train anew."
            )
            for field in fixed
        )
    recipe = parent.recipe.replace(**changes)
    check_epochs(recipe, epoch)
    start = epoch_file(store.folder, run_id, epoch)
    if not start.is_file():
        kept = kept_epochs(store.folder, run_id)
        have = f"there are those of the epochs {', '.join(map(str, kept))}" if kept else "none of this run are kept"
        raise NotPossible(f"There is no checkpoint of epoch {epoch}: {have}.")
    return store.submit_fork(
        parent.spec, recipe, name=name, owner=owner, parent=parent, parent_epoch=epoch, start=start
    )


def check_epochs(recipe: Recipe, epoch: int) -> None:
    """Raises `Refused` if nothing is left to train after that epoch."""
    if recipe.epochs <= epoch:
        sentence = (
            f"`epochs` counts the parent's too, so that it must be more than the {epoch} that are done, and it is"
            f" {recipe.epochs}: use {epoch + 1} or more."
        )
        raise Refused([Problem("epochs", sentence)])
