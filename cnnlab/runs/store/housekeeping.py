"""What becomes of runs and data sets afterwards: names, notes and tags, deleting, bringing back, compacting."""

import json
import shutil
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from cnnlab.data.catalogue import title_of
from cnnlab.runs.store.files import run_folder
from cnnlab.runs.store.store import Store
from cnnlab.runs.store.tables import epochs, runs, steps
from cnnlab.spec import Problem, Refused

LONGEST_NAME, LONGEST_NOTE, LONGEST_TAG, MOST_TAGS = 80, 4000, 30, 12


def rename(store: Store, run_id: str, name: str) -> None:
    """Give the run another name. Raises `UnknownRun`, and `Refused` for none or a very long one."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Refused([Problem("name", f"A name has 1 to {LONGEST_NAME} signs, and this one has {len(name)}.")])
    store.change(run_id, name=name)


def annotate(store: Store, run_id: str, note: str) -> None:
    """Keep a text with the run. Raises `UnknownRun`, and `Refused` for a very long one."""
    if len(note) > LONGEST_NOTE:
        raise Refused([Problem("note", f"A note has at most {LONGEST_NOTE} signs, and this one has {len(note)}.")])
    store.change(run_id, note=note)


def tag(store: Store, run_id: str, tags: Iterable[str]) -> None:
    """Give the run these tags instead of those it has. Raises `UnknownRun`, and `Refused` for too many or long ones."""
    cleaned = tuple(dict.fromkeys(filter(None, (" ".join(text.split()) for text in tags))))
    if len(cleaned) > MOST_TAGS or any(len(text) > LONGEST_TAG for text in cleaned):
        sentence = f"A run has at most {MOST_TAGS} tags of at most {LONGEST_TAG} signs: use fewer or shorter ones."
        raise Refused([Problem("tags", sentence)])
    store.change(run_id, tags=json.dumps(cleaned))


def delete_run(store: Store, run_id: str) -> None:
    """Put the run aside; until the store is compacted it can be brought back. One that is training is stopped."""
    store.request_stop(run_id)
    store.change(run_id, deleted_at=time.time())


def bring_back(store: Store, run_id: str) -> None:
    """Undo `delete_run`; the run is as it was, or stopped."""
    store.change(run_id, deleted_at=None)


def compact(store: Store) -> int:
    """Forget what was deleted for good, and give its room back; how many runs that were."""
    with store.database.writing(durable=True) as connection:
        ended = runs.c.state.not_in(("queued", "running"))
        gone = connection.execute(select(runs.c.number, runs.c.id).where(runs.c.deleted_at.is_not(None), ended)).all()
        numbers = [row.number for row in gone]
        for table, column in ((steps, steps.c.run), (epochs, epochs.c.run), (runs, runs.c.number)):
            connection.execute(delete(table).where(column.in_(numbers)))
    for row in gone:
        shutil.rmtree(run_folder(store.folder, row.id), ignore_errors=True)
    store.database.compact()
    return len(gone)


if TYPE_CHECKING:
    from cnnlab.runs.store.store import Store


def delete_set(store: "Store", name: str) -> None:
    """Delete the own images of that name for good. Raises `Refused` while runs wait for them or learn from them."""
    from cnnlab.data.own_images import delete

    active = select(runs.c.recipe).where(runs.c.state.in_(("queued", "running")), runs.c.deleted_at.is_(None))
    with store.database.reading() as connection:
        number = sum(json.loads(text)["dataset"] == name for text in connection.scalars(active))
    if number:
        which = "A run waits for them or learns" if number == 1 else f"{number} runs wait for them or learn"
        sentence = f"The images {title_of(name)!r} are in use. {which} from them: let that end, or stop it."
        raise Refused([Problem("dataset", sentence)])
    delete(name)
