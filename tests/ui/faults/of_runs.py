"""What can be wrong with one run and its files, and with the scheduler."""

import errno
import subprocess
from collections.abc import Iterator

import pytest

from cnnlab.runs.store.files import run_folder
from tests.ui.faults.fault import READERS, Room, fault
from tests.unwritable import unreadable

# One run.

OF_RUN = frozenset({"compare", "train", "runs"})
"""The pages that show the run that their address names."""


def damage(column: str, *values: object) -> None:
    """Faults for each of these values in a column of the finished run, which hide no other run."""
    for i, value in enumerate(values):

        @fault(
            "run",
            f"a run whose {column} is {str(value)[:40]!r}",
            "cannot be read|damaged",
            "version|delete|store",
            pages=OF_RUN,
            is_seen_late=i == 0,
        )
        def _(room: Room, value: object = value) -> Iterator[None]:
            room.execute(f"UPDATE runs SET {column} = ? WHERE id = ?", value, room.run_id)
            yield


damage("spec", "", "{", "[]", '{"width": null}', '{"nothing": 1}', b"\xff\x00")
damage("recipe", "", "{", "[1, 2]", "null", '{"dataset": 7}', b"\xff\x00")
damage("family", "nothing", b"\xff")
damage("state", "flying")
damage("notes", "", "{", "7", "[1]")
damage("tags", "", "7", "[[1]]")
damage("created_at", "yesterday", 1e300)


def damage_numbers(table: str, column: str, value: object) -> None:
    @fault(
        "run",
        f"a run whose {table} have {str(value)[:20]!r} as {column}",
        "cannot be read|damaged",
        "delete|start|again",
        pages=frozenset({"train", "runs"}),
    )
    def _(room: Room) -> Iterator[None]:
        room.execute(f"UPDATE {table} SET {column} = ?", value)
        yield


damage_numbers("steps", "losses", b"\x00\x00\x00")
damage_numbers("steps", "accuracies", b"\x00" * 4)
damage_numbers("steps", "losses", "text")
damage_numbers("epochs", "test_accuracy", "text")


@fault("run", "a run that is not there", "There is no run", "link is incomplete", pages=OF_RUN)
def _(room: Room) -> Iterator[None]:
    for table in ("steps", "epochs"):
        room.execute(f"DELETE FROM {table}")
    room.execute("DELETE FROM runs WHERE id = ?", room.run_id)
    yield


# Its files: the pages open without them.


@fault("files", "weights and checkpoints that are damaged")
def _(room: Room) -> Iterator[None]:
    for path in run_folder(room.home, room.run_id).glob("*.safetensors"):
        path.write_bytes(b"no tensors")
    yield


@fault("files", "a run whose files are gone")
def _(room: Room) -> Iterator[None]:
    for path in run_folder(room.home, room.run_id).iterdir():
        path.unlink()
    run_folder(room.home, room.run_id).rmdir()
    yield


@fault("files", "checkpoints of strange names")
def _(room: Room) -> Iterator[None]:
    (run_folder(room.home, room.run_id) / "epoch-one.safetensors").write_bytes(b"")
    yield


@fault("files", "a run whose files cannot be read")
def _(room: Room) -> Iterator[None]:
    with unreadable(run_folder(room.home, room.run_id)):
        yield


# The scheduler.


@fault(
    "scheduler",
    "a scheduler that cannot be started",
    "could not be started",
    "close other programs",
    pages=READERS - {"compare"},
    is_seen_late=False,
    starts_scheduler=True,
)
def _(_: Room) -> Iterator[None]:
    def too_many(*_: object, **__: object) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(subprocess, "Popen", too_many)
        yield
