"""A folder in which nothing can be written or read, and a disk that is full, for anybody who runs the tests."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from cnnlab.runs import Store

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
"""What lets root write and read wherever it likes; the numbers are Linux's."""


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Inside, this thread and those it starts can read all in `folder`, and write nothing."""
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        with _without_override():
            if os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
                pytest.skip("Nothing can be made unwritable here.")
            yield
    finally:
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)


@contextmanager
def unreadable(path: Path) -> Iterator[None]:
    """Inside, this thread and those it starts can neither read `path`, a file or a folder, nor what is in it."""
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        with _without_override():
            if os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
                pytest.skip("Nothing can be made unreadable here.")
            yield
    finally:
        path.chmod(mode)


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Capabilities(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


@contextmanager
def _without_override() -> Iterator[None]:
    if sys.platform != "linux" or os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None)
    header, held = _Header(0x20080522, 0), (_Capabilities * 2)()  # the third version of the structures, this thread
    assert libc.capget(ctypes.byref(header), held) == 0
    effective = held[0].effective
    held[0].effective &= ~(1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH)
    assert libc.capset(ctypes.byref(header), held) == 0
    try:
        yield
    finally:
        held[0].effective = effective
        assert libc.capset(ctypes.byref(header), held) == 0


def let_no_more_in(store: Store) -> None:
    """From now on the database of `store` has no room for another page: SQLite says that the disk is full."""

    def limit(connection: object, _record: object, _proxy: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()  # type: ignore[attr-defined]
        connection.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]

    event.listen(store.database._engine, "checkout", limit)


NEEDS_ROOM = "x" * 100_000
"""A name that is more than a page of the database."""
