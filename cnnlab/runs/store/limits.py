"""The limits of the settings, checked before a run is queued."""

from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from cnnlab.runs.settings import MEGABYTE, Settings
from cnnlab.runs.store.files import run_folder
from cnnlab.runs.store.tables import runs
from cnnlab.spec import Problem, Refused, Remedy, set_to
from cnnlab.training.recipe import Recipe
from cnnlab.words.sentence import Sentence

if TYPE_CHECKING:
    from cnnlab.architectures import NetworkSpec
    from cnnlab.runs.store.reader import StoreReader

NUM_SEEDS = "num_seeds"
"""What the number of runs is called in a remedy."""


def check_limits(
    store: "StoreReader", spec: "NetworkSpec", recipe: Recipe, *, owner: str, count: int = 1, are_seeds: bool = True
) -> None:
    """Raises `Refused` with a sentence for each limit that the run, as one of `count`, would exceed."""
    from cnnlab.analysis import analyse

    settings = store.settings()
    problems = []
    if recipe.epochs > settings.max_epochs:
        sentence = Sentence(
            "`epochs` must be at most {limit} on this machine, and it is {epochs}: use fewer, and fork the run to train"
            " it further.",
            limit=settings.max_epochs,
            epochs=recipe.epochs,
        )
        problems.append(
            Problem("epochs", sentence, remedies=(set_to("epochs", settings.max_epochs),)).of(recipe.settings())
        )
    params = analyse(spec).params
    if params > settings.max_params:
        sentence = Sentence(
            "A network can have at most {limit:,} parameters on this machine, and this one has {params:,}: use a"
            " smaller one, or fewer channels.",
            limit=settings.max_params,
            params=params,
        )
        problems.append(Problem("params", sentence))
    stored = stored_bytes(store, owner)
    if stored > settings.stored_megabytes_per_owner * MEGABYTE:
        sentence = Sentence(
            "Your runs use {stored:,.0f} MB of disk space, and the limit is {limit:,} MB: delete some of them"
            " permanently on the Runs page.",
            stored=stored / MEGABYTE,
            limit=settings.stored_megabytes_per_owner,
        )
        problems.append(Problem("stored", sentence))
    if problems:
        raise Refused(problems)
    with store.database.reading() as connection:
        check_queued(connection, settings, owner, count, are_seeds=are_seeds)


def check_queued(
    connection: Connection, settings: Settings, owner: str, count: int = 1, *, are_seeds: bool = True
) -> None:
    """Raises `Refused` if the owner would have more queued runs than the settings allow, with `count` more.

    Fewer are proposed if they `are_seeds` of one network. Where that connection is the one that queues them, nobody
    else can queue any in between.
    """
    limit = settings.waiting_per_owner
    own = select(func.count()).where(runs.c.state == "queued", runs.c.owner == owner)
    num_queued = connection.execute(own).scalar_one()
    if num_queued + count > limit:
        template = (
            "You have {num_queued} queued runs, and the limit is {limit}: wait until some have started, or stop some."
            if count == 1
            else "None of the {count} runs was submitted: you have {num_queued} queued runs, and the limit is {limit}."
            " Use at most {room} seeds, wait until some runs have started, or stop some."
            if num_queued < limit and are_seeds
            else "None of the {count} runs was submitted: you have {num_queued} queued runs, and the limit is {limit}."
            " Wait until some have started, or stop some."
        )
        room = limit - num_queued
        sentence = Sentence(template, count=count, num_queued=num_queued, limit=limit, room=room)
        what = Sentence("use {room} seeds" if room > 1 else "use 1 seed", room=room)
        remedies = (Remedy(NUM_SEEDS, room, None, what),) if 0 < room < count and are_seeds else ()
        raise Refused([Problem("queued", sentence, remedies=remedies)])


def stored_bytes(store: "StoreReader", owner: str) -> int:
    """The disk space of the owner's runs, including deleted ones until the store is compacted."""
    with store.database.reading() as connection:
        ids = connection.scalars(select(runs.c.id).where(runs.c.owner == owner)).all()
    inodes = {}
    for run_id in ids:
        folder = run_folder(store.folder, run_id)
        with suppress(PermissionError):  # one folder that cannot be read keeps nobody from training
            for file in folder.iterdir() if folder.is_dir() else ():
                with suppress(FileNotFoundError):  # a worker may have just replaced it
                    status = file.stat()
                    inodes[status.st_dev, status.st_ino] = status.st_size
    return sum(inodes.values())
