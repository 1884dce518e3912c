"""A row of the table of runs as a `Run`."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, select

from cnnlab.runs.run import Run, UnknownRun
from cnnlab.runs.store.tables import runs
from cnnlab.spec import Refused
from cnnlab.training.recipe import Recipe
from cnnlab.words.sentence import Sentence

if TYPE_CHECKING:
    from cnnlab.architectures import NetworkSpec


def find_row(connection: Connection, run_id: str) -> Row[Any]:
    """The row of that run. Raises `UnknownRun`."""
    row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
    if row is None:
        sentence = Sentence(
            "There is no run {run_id!r} here: it is in another folder, or the link is incomplete.", run_id=run_id
        )
        raise UnknownRun(sentence)
    return row


def run_from(row: Row[Any]) -> Run:
    """The run of a row. Raises `UnknownRun` if this version does not know its network or recipe."""
    values = dict(row._mapping)
    for internal in ("number", "start_number", "forecast_bytes"):
        del values[internal]
    try:
        values["spec"] = _spec_from(values["family"], values["spec"])
        values["recipe"] = _recipe_from(values["recipe"])
    except (KeyError, Refused) as error:
        sentence = Sentence(
            "Run {run_id!r} was written by another version of CNN Lab, and its network or recipe cannot be read"
            " ({reason}): open it with that version.",
            run_id=row.id,
            reason=str(error),
        )
        raise UnknownRun(sentence) from error
    values["sentence"] = Sentence.from_stored(values["sentence"])
    values["notes"] = tuple(map(Sentence.from_stored, json.loads(values["notes"])))
    values["tags"] = tuple(json.loads(values["tags"]))
    for moment in ("created_at", "started_at", "ended_at", "deleted_at"):
        if values[moment] is not None:
            values[moment] = datetime.fromtimestamp(values[moment], UTC)
    return Run(**values)


@lru_cache(maxsize=512)
def _spec_from(family: str, text: str) -> "NetworkSpec":
    from cnnlab.architectures import FAMILIES

    return FAMILIES[family].spec(**json.loads(text))


@lru_cache(maxsize=512)
def _recipe_from(text: str) -> Recipe:
    return Recipe(**json.loads(text))
