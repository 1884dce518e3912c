"""Looking after runs and data sets: names, notes and tags, deleting, restoring, compacting."""

import json
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress

from sqlalchemy import delete, select

from cnnlab.data.catalogue import OWN, is_available, is_dataset_name, owner_of, title_of
from cnnlab.runs.permissions import check_may_delete_set, may_change
from cnnlab.runs.run import MAX_NAME_LENGTH, MAX_NOTE_LENGTH, MAX_TAG_LENGTH, MAX_TAGS, NotPossible
from cnnlab.runs.store.files import run_folder
from cnnlab.runs.store.store import Store
from cnnlab.runs.store.tables import epochs, runs, steps
from cnnlab.spec import Problem, Refused
from cnnlab.words.sentence import Sentence


def rename(store: Store, run_id: str, name: str) -> None:
    """Give the run another name.

    Raises `UnknownRun`, `NotPossible` for another's run, and `Refused` for an empty or too long name.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME_LENGTH:
        sentence = Sentence(
            "A name must have 1 to {limit} characters, and this one has {length}: use a shorter one, or any at all.",
            limit=MAX_NAME_LENGTH,
            length=len(name),
        )
        raise Refused([Problem("name", sentence)])
    store.change(run_id, name=name)


def annotate(store: Store, run_id: str, note: str) -> None:
    """Store a note with the run. Raises `UnknownRun`, `NotPossible` for another's run, and `Refused` if too long."""
    if len(note) > MAX_NOTE_LENGTH:
        sentence = Sentence(
            "A note must have at most {limit} characters, and this one has {length}: shorten it.",
            limit=MAX_NOTE_LENGTH,
            length=len(note),
        )
        raise Refused([Problem("note", sentence)])
    store.change(run_id, note=note)


def tag(store: Store, run_id: str, tags: Iterable[str]) -> None:
    """Replace the tags of the run.

    Raises `UnknownRun`, `NotPossible` for another's run, and `Refused` for too many or too long tags.
    """
    cleaned = tuple(dict.fromkeys(filter(None, (" ".join(text.split()) for text in tags))))
    if len(cleaned) > MAX_TAGS or any(len(text) > MAX_TAG_LENGTH for text in cleaned):
        sentence = Sentence(
            "A run can have at most {tags} tags of at most {length} characters: use fewer or shorter ones.",
            tags=MAX_TAGS,
            length=MAX_TAG_LENGTH,
        )
        raise Refused([Problem("tags", sentence)])
    store.change(run_id, tags=json.dumps(cleaned))


def delete_run(store: Store, run_id: str) -> None:
    """Hide the run, and stop it if it is running; it can be restored until the store is compacted.

    Raises `UnknownRun`, and `NotPossible` for another's run.
    """
    with suppress(NotPossible):  # it has ended; whether the requester may delete it is checked below
        store.request_stop(run_id)
    store.change(run_id, deleted_at=time.time())


def restore_run(store: Store, run_id: str) -> None:
    """Undo `delete_run`; the run is as it was, or stopped. Raises `UnknownRun`, and `NotPossible` for another's run."""
    store.change(run_id, deleted_at=None)


def compact(store: Store) -> int:
    """Delete permanently the deleted runs that the requester may change, and free their disk space; return how many.

    Raises `NotPossible` if all deleted runs are other people's.
    """
    with store.database.writing(durable=True) as connection:
        ended = runs.c.state.not_in(("queued", "running"))
        columns = select(runs.c.number, runs.c.id, runs.c.owner)
        deleted = connection.execute(columns.where(runs.c.deleted_at.is_not(None), ended)).all()
        settings = store.settings()
        own = [row for row in deleted if may_change(row.owner, settings, store.requester)]
        if deleted and not own:
            sentence = Sentence(
                "The deleted runs belong to other users: only they and the teacher can delete them permanently."
            )
            raise NotPossible(sentence)
        numbers = [row.number for row in own]
        for table, column in ((steps, steps.c.run), (epochs, epochs.c.run), (runs, runs.c.number)):
            connection.execute(delete(table).where(column.in_(numbers)))
    for row in own:
        shutil.rmtree(run_folder(store.folder, row.id), ignore_errors=True)
    store.database.compact()
    return len(own)


def delete_set(store: Store, name: str) -> None:
    """Delete the own images of that name permanently.

    Raises `NotPossible` for another's images, and `Refused` while a queued or running run uses them.
    """
    from cnnlab.data.importing.own_images import delete as delete_images

    if not store.requester.owns_folder and name.startswith(OWN) and is_dataset_name(name) and is_available(name):
        check_may_delete_set(_set_owner(name), store.settings(), store.requester)
    active = select(runs.c.recipe).where(runs.c.state.in_(("queued", "running")), runs.c.deleted_at.is_(None))
    with store.database.reading() as connection:
        num_runs = sum(_dataset_of(text) == name for text in connection.scalars(active))
    if num_runs:
        template = (
            "The images {title!r} are used by a queued or running run: wait until it ends, or stop it."
            if num_runs == 1
            else "The images {title!r} are used by {num_runs} queued or running runs: wait until they end, or stop"
            " them."
        )
        raise Refused([Problem("dataset", Sentence(template, title=title_of(name), num_runs=num_runs))])
    delete_images(name)


def _dataset_of(recipe: str) -> object:
    """The data set in a stored recipe; None in a damaged one, whose run cannot use any."""
    try:
        return json.loads(recipe)["dataset"]
    except (ValueError, LookupError, TypeError):
        return None


def _set_owner(name: str) -> str:
    try:
        return owner_of(name)
    except Refused:
        return ""  # its file is damaged: the teacher may delete it
