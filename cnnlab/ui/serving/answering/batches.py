"""Images that wait for the same network are answered together, by one thread for the whole server.

A network that is quick is asked by the thread that serves, in its next turn: to change threads takes longer.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from cnnlab.words.errors import SentenceError
from cnnlab.words.sentence import Sentence

MAX_BATCH = 32
"""Images that are answered together, at most."""

SLOW_SECONDS = 0.3
"""A network that takes longer for one image is not asked: it would hold all others up."""

QUICK_SECONDS = 0.002
"""A network that takes less for one image is asked at once."""

MAX_WAIT_SECONDS = 2.0
"""So much work may wait; what comes then is refused."""

NEW_SECONDS = 0.005
"""What a network is assumed to take until it has been measured."""

TRIES = 2
"""A network is slow if so many measurements say so: the first one includes what is only done once."""


Soon = Callable[[Callable[[nn.Module | None], bool], nn.Module], object]


class Busy(SentenceError):
    """Too much waits already."""


class TooSlow(SentenceError):
    """The network takes too long for an answer while somebody draws."""


@dataclass(eq=False, slots=True)
class _Waiting:
    """An image, (1, C, H, W), and where its probabilities, (classes,), are expected."""

    network: nn.Module
    image: Tensor
    is_urgent: bool
    answer: Future[Tensor] = field(default_factory=Future)


@dataclass(slots=True)
class _Pace:
    """What a network takes for one image: the shortest time of all measurements."""

    seconds: float = NEW_SECONDS
    num_measured: int = 0

    def measure(self, seconds: float) -> None:
        self.seconds = min(self.seconds, seconds) if self.num_measured else seconds
        self.num_measured += 1


class Batches:
    """Asks networks in eval mode. Urgent images are answered first, and each with all that wait for its network."""

    def __init__(self, *, max_batch: int = MAX_BATCH, clock: Callable[[], float] = time.thread_time) -> None:
        # The time of the thread alone: while others compute, a network is not slower.
        self._max_batch, self._clock = max_batch, clock
        self._waiting: list[_Waiting] = []
        self._paces: WeakKeyDictionary[nn.Module, _Pace] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="answers")

    def ask(
        self, network: nn.Module, image: Tensor, *, is_urgent: bool = True, soon: Soon | None = None
    ) -> Future[Tensor]:
        """The probabilities, (classes,), of one image, (1, C, H, W), later. Raises `Busy` and `TooSlow`.

        `soon` has the thread of the caller call a function in its next turn.
        """
        waiting = _Waiting(network, image, is_urgent)
        with self._lock:
            pace = self._paces.setdefault(network, _Pace())
            if pace.num_measured >= TRIES and pace.seconds > SLOW_SECONDS:
                raise TooSlow(
                    Sentence(
                        "The network takes {value:.1f} s for one image on this machine, and may take {limit:g} s to"
                        " answer while you draw: use a smaller one.",
                        value=pace.seconds,
                        limit=SLOW_SECONDS,
                    )
                )
            if sum(self._paces[other.network].seconds for other in self._waiting) > MAX_WAIT_SECONDS:
                raise Busy(Sentence("Too many drawings wait for an answer: it goes on in a moment."))
            self._waiting.append(waiting)
            is_quick = pace.num_measured >= TRIES and pace.seconds < QUICK_SECONDS
        if soon is not None and is_quick:
            soon(self._answer_some, network)
        else:
            self._thread.submit(self._answer_all)
        return waiting.answer

    def _answer_all(self) -> None:
        """Whatever waits, until nothing does: others may have come first."""
        try:
            while self._answer_some(None):
                pass
        except BaseException:
            self._thread.submit(self._answer_all)  # the others still wait
            raise

    def _answer_some(self, network: nn.Module | None) -> bool:
        """Some of what waits for this network, or for that whose turn it is; whether there was any."""
        together = self._next(network)
        if not together:
            return False
        asked = together[0].network
        begun = self._clock()
        try:
            with torch.inference_mode():
                scores = asked(torch.cat([waiting.image for waiting in together]))
                probabilities = scores.float().softmax(1)
        except BaseException as error:
            for waiting in together:
                waiting.answer.set_exception(error)
            raise
        with self._lock:
            self._paces[asked].measure((self._clock() - begun) / len(together))
        for waiting, row in zip(together, probabilities, strict=True):
            waiting.answer.set_result(row)
        return True

    def _next(self, network: nn.Module | None) -> list[_Waiting]:
        """Images that wait for one network, which are taken from the queue."""
        with self._lock:
            by_urgency = sorted(self._waiting, key=lambda waiting: not waiting.is_urgent)
            if network is None and by_urgency:
                network = by_urgency[0].network
            alike = [waiting for waiting in by_urgency if waiting.network is network]
            if network is None or not alike:
                return []
            # So many that they take no longer than a network that is just not slow.
            fitting = self._max_batch
            while fitting > 1 and fitting * self._paces[network].seconds > SLOW_SECONDS:
                fitting -= 1
            together = alike[:fitting]
            self._waiting = [waiting for waiting in self._waiting if waiting not in together]
            return together


@lru_cache(maxsize=1)
def served_batches() -> Batches:
    """Those of this server."""
    return Batches()
