"""What the server itself computes for its visitors: one piece of work after the other, and each only once.

All pages live in one process. However many visitors ask, only one thread computes beside those that draw pages.
"""

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import streamlit as st

MOST_KEPT = 64
"""So many results are remembered."""

Found = TypeVar("Found")


class Piece(Generic[Found]):
    """A piece of work that somebody has asked for: what it has `found` so far, and how it ended.

    `problem` is why it could not be done. What has ended without a problem and is not `complete` was broken off.
    """

    def __init__(self, begin: Callable[[], Iterator[Found]], turn: threading.Lock) -> None:
        self.found: list[Found] = []
        self.problem: ValueError | None = None
        self.complete = False
        self.watchers = 0
        self.unwanted = threading.Event()
        self._begin, self._turn, self._ended = begin, turn, threading.Event()
        threading.Thread(target=self._carry_out, name="one at a time", daemon=True).start()

    @property
    def has_ended(self) -> bool:
        return self._ended.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for its end, but no longer than that; whether it has ended."""
        return self._ended.wait(seconds)

    def _carry_out(self) -> None:
        try:
            with self._turn:
                for one in self._begin():
                    if self.unwanted.is_set():
                        return
                    self.found.append(one)
            self.complete = True
        except ValueError as problem:
            self.problem = problem
        finally:
            self._ended.set()


class Desk:
    """Takes pieces of work by a key that says what they are: whoever asks for the same one is given the same piece."""

    def __init__(self) -> None:
        self._turn, self._lock = threading.Lock(), threading.Lock()
        self._pieces: dict[Hashable, Piece[Any]] = {}

    def ask(self, key: Hashable, begin: Callable[[], Iterator[Found]]) -> Piece[Found]:
        """The piece of that key, which `begin` begins where nobody has asked for it yet."""
        with self._lock:
            piece = self._pieces.get(key)
            if piece is None or piece.unwanted.is_set():
                self._forget_some()
                piece = self._pieces[key] = Piece(begin, self._turn)
            return piece

    @contextmanager
    def watched(self, key: Hashable, begin: Callable[[], Iterator[Found]]) -> Iterator[Piece[Found]]:
        """The same for a piece that is broken off when the last of those who watch it is gone, and tried anew after."""
        with self._lock:
            known = self._pieces.get(key)
            if known is not None and known.has_ended and not known.complete:
                del self._pieces[key]
        piece = self.ask(key, begin)
        with self._lock:
            piece.watchers += 1
        try:
            yield piece
        finally:
            with self._lock:
                piece.watchers -= 1
                if piece.watchers == 0 and not piece.has_ended:
                    piece.unwanted.set()

    def before(self, piece: Piece[Any]) -> int:
        """How many pieces must end before this one can begin."""
        with self._lock:
            waiting = [other for other in self._pieces.values() if not other.has_ended]
        return waiting.index(piece) if piece in waiting else 0

    def _forget_some(self) -> None:
        ended = [key for key, piece in self._pieces.items() if piece.has_ended]
        for key in ended[: max(0, len(ended) - MOST_KEPT + 1)]:
            del self._pieces[key]


@st.cache_resource(show_spinner=False)
def desk() -> Desk:
    """The one desk of this server."""
    return Desk()


def words_of_waiting(piece: Piece[Any]) -> str:
    """What to say while it has not found anything yet."""
    before = desk().before(piece)
    others = "Another one goes" if before == 1 else f"{before} others go"
    return f"{others} first …" if before else "It begins …"
