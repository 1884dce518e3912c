"""Why the database cannot be opened, read or written, in sentences that repeat no password."""

import re
import sqlite3
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from cnnlab.runs.run import StoreUnavailable, WrongSettings
from cnnlab.words.sentence import Sentence

_EXAMPLE = "postgresql+psycopg://me@host/cnnlab"

_PASSWORDS = (
    re.compile(r"://[^:/?#]*:(.*)@"),  # greedy: a password may have an @ in it
    re.compile(r"://[^@:]*:([^@]*)$"),  # without an @ it is read as a port
    re.compile(r"[?&][^=&]*(?:pass|pwd|secret|token|key)[^=&]*=([^&]*)", re.IGNORECASE),
)


def engine_of(url: str) -> Engine:
    """The database server of the setting `database`. Raises `WrongSettings` if the URL is none."""
    try:
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    except NoSuchModuleError:
        sentence = Sentence(
            "The setting `database` is not a usable URL: SQLAlchemy has no database of that kind. Use one such as"
            " {example}, or leave the setting empty.",
            example=_EXAMPLE,
        )
    except ImportError as error:
        sentence = Sentence(
            "The setting `database` is not a usable URL: its driver {driver} is not installed. Install it, or leave"
            " the setting empty.",
            driver=error.name or "",
        )
    except (ArgumentError, ValueError, TypeError):
        sentence = Sentence(
            "The setting `database` is not a usable URL: use one such as {example}, with % and two digits for the"
            " signs @ : / ? # of a password, or leave the setting empty.",
            example=_EXAMPLE,
        )
    raise WrongSettings(sentence)  # here, so that no traceback has the error with the URL


def explained(error: OSError | DBAPIError, folder: Path, url: str) -> StoreUnavailable:
    """The error of the file in the folder, or of the database at `url`, as a sentence with a remedy."""
    reason = error.orig if isinstance(error, DBAPIError) else error.strerror
    if url and isinstance(error, DBAPIError):
        return StoreUnavailable(
            Sentence(
                "The database of the setting `database` cannot be used ({reason}): make sure that its server is"
                " running, and accepts this user and this machine.",
                reason=_without_passwords(" ".join(str(reason).split()), url),
            )
        )
    if is_locked(error):
        return StoreUnavailable(
            Sentence(
                "The runs in {folder} are locked, because another program is writing to them: try again when it has"
                " finished, or end it.",
                folder=folder,
            )
        )
    return StoreUnavailable(
        Sentence(
            "The runs in {folder} cannot be read or written ({reason}): {remedy}.",
            folder=folder,
            reason=str(reason).strip(),
            remedy=_remedy(error),
        )
    )


def is_locked(error: OSError | DBAPIError) -> bool:
    """Whether another program holds the lock for writing."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_forbidden(error: DBAPIError) -> bool:
    """Whether the database denies writing."""
    return _code(error) in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)


def _code(error: OSError | DBAPIError) -> int:
    """SQLite's code of the error, without its extension."""
    code: int = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_OK) if isinstance(error, DBAPIError) else 0
    return code & 0xFF


def _remedy(error: OSError | DBAPIError) -> Sentence:
    if _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Sentence("restore the file runs.sqlite from a copy, or move it away")
    return Sentence(
        "make sure that the folder is writable and the disk is not full, or set CNNLAB_HOME to another folder"
    )


def _without_passwords(reason: str, url: str) -> str:
    found = [text for pattern in _PASSWORDS for text in pattern.findall(url)]
    parts = {part for text in found for part in (text, *re.split(r"[@:/?#]", text)) if part}
    if any(part in reason or unquote(part) in reason for part in parts):
        return Sentence("the reason is not shown, because it repeats a part of the password")
    return reason
