"""A row of the table of runs as a `Run`."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, get_args

from sqlalchemy import Connection, Row, select

from cnnlab.runs.run import Run, RunState, UnknownRun
from cnnlab.runs.store.tables import runs
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
    """The run of a row. Raises `UnknownRun` if this version does not know its network or recipe, or it is damaged."""
    values = dict(row._mapping)
    for internal in ("number", "start_number", "forecast_bytes"):
        del values[internal]
    try:
        _check(values)
        values["spec"] = _spec_from(values["family"], values["spec"])
        values["recipe"] = _recipe_from(values["recipe"])
        values["sentence"] = Sentence.from_stored(values["sentence"])
        values["notes"] = tuple(map(Sentence.from_stored, _texts_from(values["notes"])))
        values["tags"] = tuple(_texts_from(values["tags"]))
        for moment in ("created_at", "started_at", "ended_at", "deleted_at"):
            if values[moment] is not None:
                values[moment] = datetime.fromtimestamp(values[moment], UTC)
        return Run(**values)
    except (LookupError, TypeError, ValueError, OverflowError, OSError) as error:
        sentence = Sentence(
            "Run {run_id!r} was written by another version of CNN Lab or its row in the store is damaged, and it cannot"
            " be read ({reason}): open it with that version, or use a copy of the folder from before the damage.",
            run_id=row.id,
            reason=str(error),
        )
        raise UnknownRun(sentence) from error


_TYPES = {column.name: (column.type.python_type, column.nullable) for column in runs.c}


def _check(values: Mapping[str, Any]) -> None:
    """Raises `TypeError` or `ValueError` for what no column may have; SQLite lets anything into any column."""
    for name, value in values.items():
        kind, is_nullable = _TYPES[name]
        is_right = isinstance(value, float | int) if kind is float else isinstance(value, kind)
        if not (is_right or (is_nullable and value is None)):
            raise TypeError(f"its `{name}` is {str(value)[:40]!r}")
    if values["state"] not in get_args(RunState):
        raise ValueError(f"its `state` is {values['state'][:40]!r}")


def _texts_from(text: str) -> list[str]:
    texts = json.loads(text)
    if not (isinstance(texts, list) and all(isinstance(one, str) for one in texts)):
        raise TypeError(f"{text[:40]!r} is no list of texts")
    return texts


@lru_cache(maxsize=512)
def _spec_from(family: str, text: str) -> "NetworkSpec":
    from cnnlab.architectures import FAMILIES

    return FAMILIES[family].spec(**json.loads(text))


@lru_cache(maxsize=512)
def _recipe_from(text: str) -> Recipe:
    return Recipe(**json.loads(text))
