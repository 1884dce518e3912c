"""Deleting a set of own images, which runs may still need."""

import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from cnnlab.data.catalogue import title_of
from cnnlab.runs.tables import runs
from cnnlab.spec import Problem, Refused

if TYPE_CHECKING:
    from cnnlab.runs.store import Store


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
