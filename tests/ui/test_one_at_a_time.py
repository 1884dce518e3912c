"""Work that visitors ask of the server: one piece after the other, each only once, broken off when nobody waits."""

import queue
import threading
from collections.abc import Iterator

import pytest

from cnnlab.spec import Problem, Refused
from cnnlab.ui.jobs import MOST_KEPT, Desk

PATIENCE_SECONDS = 30


class Work:
    """Begins, waits to be let on, and finds two things."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.times = 0

    def __call__(self) -> Iterator[int]:
        self.times += 1
        self.begun.set()
        yield 1
        assert self.go_on.wait(PATIENCE_SECONDS)
        yield 2


def test_the_same_work_is_done_once_for_all() -> None:
    desk, work = Desk(), Work()
    pieces = [desk.ask("key", work) for _ in range(30)]
    work.go_on.set()
    assert pieces[0].wait(PATIENCE_SECONDS)
    assert all(piece is pieces[0] for piece in pieces)
    assert (pieces[0].found, pieces[0].complete, work.times) == ([1, 2], True, 1)
    assert desk.ask("key", work) is pieces[0]


def test_a_second_piece_begins_after_the_first() -> None:
    desk, first, second = Desk(), Work(), Work()
    one = desk.ask("one", first)
    assert first.begun.wait(PATIENCE_SECONDS)
    other = desk.ask("other", second)
    assert (desk.before(one), desk.before(other)) == (0, 1)
    second.go_on.set()
    assert not other.wait(0.05)
    assert not second.begun.is_set()
    first.go_on.set()
    assert other.wait(PATIENCE_SECONDS)
    assert one.complete
    assert other.found == [1, 2]
    assert desk.before(other) == 0


def test_what_nobody_watches_any_more_is_broken_off_and_begun_anew() -> None:
    desk, work = Desk(), Work()
    with desk.watched("key", work) as piece:
        with desk.watched("key", work) as same:
            assert same is piece
        assert not piece.unwanted.is_set()
        assert work.begun.wait(PATIENCE_SECONDS)
    work.go_on.set()
    assert piece.wait(PATIENCE_SECONDS)
    assert (piece.complete, piece.problem) == (False, None)
    with desk.watched("key", work) as again:
        assert again is not piece
        assert again.wait(PATIENCE_SECONDS)
    assert again.complete
    assert work.times == 2


def test_what_cannot_be_done_says_why() -> None:
    def refused() -> Iterator[int]:
        raise Refused([Problem("dataset", "It is not here.")])
        yield 1

    desk = Desk()
    piece = desk.ask("key", refused)
    assert piece.wait(PATIENCE_SECONDS)
    assert str(piece.problem) == "It is not here."
    assert desk.ask("key", refused) is piece


def test_a_mistake_of_ours_is_told_and_does_not_stop_what_comes_after(monkeypatch: pytest.MonkeyPatch) -> None:
    told: queue.SimpleQueue[object] = queue.SimpleQueue()
    monkeypatch.setattr(threading, "excepthook", lambda about: told.put(about.exc_type))

    def wrong() -> Iterator[int]:
        yield 1 // 0

    desk, work = Desk(), Work()
    work.go_on.set()
    piece = desk.ask("wrong", wrong)
    after = desk.ask("after", work)
    assert after.wait(PATIENCE_SECONDS)
    assert piece.has_ended
    assert (piece.complete, piece.problem) == (False, None)
    assert after.complete
    assert told.get(timeout=PATIENCE_SECONDS) is ZeroDivisionError


def test_old_results_are_forgotten() -> None:
    desk = Desk()
    first = desk.ask(0, lambda: iter([0]))
    assert first.wait(PATIENCE_SECONDS)
    for i in range(1, MOST_KEPT + 1):
        assert desk.ask(i, lambda i=i: iter([i])).wait(PATIENCE_SECONDS)  # type: ignore[misc]
    assert desk.ask(0, lambda: iter([0])) is not first
