"""What is too much: the limits of the settings, as sentences before a run is taken."""

from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from cnnlab.runs.settings import MEGABYTE
from cnnlab.runs.store.files import run_folder
from cnnlab.runs.store.tables import runs
from cnnlab.spec import Problem, Refused
from cnnlab.training.recipe import Recipe

if TYPE_CHECKING:
    from cnnlab.architectures import NetworkSpec
    from cnnlab.runs.store.store import Store


def check_limits(store: "Store", spec: "NetworkSpec", recipe: Recipe, *, owner: str) -> None:
    """Raises `Refused` with a sentence for each limit that the run would break."""
    from cnnlab.analysis import analyse

    settings, problems = store.settings(), []
    if recipe.epochs > settings.max_epochs:
        problems.append(
            Problem(
                "epochs",
                f"`epochs` must be at most {settings.max_epochs} on this machine, and it is {recipe.epochs}: train for"
                " fewer, and fork the run if it should go on.",
            )
        )
    params = analyse(spec).params
    if params > settings.max_params:
        problems.append(
            Problem(
                "params",
                f"A network may have {settings.max_params:,} parameters on this machine, and this one has {params:,}:"
                " take a smaller one, or fewer channels.",
            )
        )
    stored = stored_bytes(store, owner)
    if stored > settings.stored_megabytes_per_owner * MEGABYTE:
        problems.append(
            Problem(
                "stored",
                f"Your runs take {stored / MEGABYTE:,.0f} MB, and {settings.stored_megabytes_per_owner:,} MB are"
                " yours: delete some on the Runs page, and compact the store.",
            )
        )
    if problems:
        raise Refused(problems)
    check_waiting(store, owner)


def check_waiting(store: "Store", owner: str) -> None:
    """Raises `Refused` if as many of the owner's runs wait as may."""
    limit = store.settings().waiting_per_owner
    mine = select(func.count()).where(runs.c.state == "queued", runs.c.owner == owner)
    with store.database.reading() as connection:
        waiting = connection.execute(mine).scalar_one()
    if waiting >= limit:
        sentence = f"{waiting} of your runs wait, and at most {limit} may: wait until some have begun, or stop some."
        raise Refused([Problem("waiting", sentence)])


def stored_bytes(store: "Store", owner: str) -> int:
    """What the files of the owner's runs take, deleted ones included until the store is compacted."""
    with store.database.reading() as connection:
        ids = connection.scalars(select(runs.c.id).where(runs.c.owner == owner)).all()
    inodes = {}
    for run_id in ids:
        folder = run_folder(store.folder, run_id)
        for file in folder.iterdir() if folder.is_dir() else ():
            with suppress(FileNotFoundError):  # a worker may just have put another one in its place
                status = file.stat()
                inodes[status.st_dev, status.st_ino] = status.st_size
    return sum(inodes.values())
