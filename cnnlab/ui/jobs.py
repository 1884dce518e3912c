"""What the server computes for its visitors: one job after the other, and each only once.

All pages live in one process. However many visitors there are, only one thread computes beside those that draw pages.
"""

import logging
import threading
from collections.abc import Callable, Generator, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import streamlit as st

MAX_KEPT = 64
"""The number of finished jobs whose results are kept."""

Result = TypeVar("Result")

log = logging.getLogger(__name__)


class Job(Generic[Result]):
    """A computation that yields `results`, which grow while it runs, or None, so that it can be stopped meanwhile.

    After its end, `complete` says whether all results are there. If not, `problem` says why it failed, or it was
    cancelled, or the log of the server has an unexpected error.
    """

    def __init__(self, compute: Callable[[], Iterator[Result | None]], executor: ThreadPoolExecutor) -> None:
        self.results: list[Result] = []
        self.problem: ValueError | None = None
        self.complete = False
        self.is_cancelled = False
        self.num_watchers = 0
        self._compute = compute
        self._future = executor.submit(self._run)
        self._future.add_done_callback(_log_error)

    @property
    def has_ended(self) -> bool:
        return self._future.done()

    def wait(self, seconds: float) -> bool:
        """Wait at most that long for its end; whether it has ended."""
        return not wait([self._future], seconds).not_done

    def cancel(self) -> None:
        """Remove the job from the queue, or stop it after its next result."""
        self.is_cancelled = True
        self._future.cancel()

    def _run(self) -> None:
        computing = self._compute()
        try:
            for result in computing:
                if self.is_cancelled:
                    return
                if result is not None:
                    self.results.append(result)
            self.complete = True
        except ValueError as problem:
            self.problem = problem
        finally:
            if isinstance(computing, Generator):
                computing.close()


class JobQueue:
    """Runs jobs one at a time, in the order of their submission. Jobs with the same key are one job."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="job")
        self._lock = threading.RLock()
        self._jobs: dict[Hashable, Job[Any]] = {}
        self._active: list[Job[Any]] = []  # queued or running, in their order

    def submit(self, key: Hashable, compute: Callable[[], Iterator[Result | None]]) -> Job[Result]:
        """The job with that key: an earlier one, queued, running or finished, or else a new one of `compute`."""
        with self._lock:
            known = self._jobs.get(key)
            if known is not None and not known.is_cancelled:
                return known
            ended = [key for key, job in self._jobs.items() if job.has_ended]
            for old in ended[: max(0, len(ended) - MAX_KEPT + 1)]:
                del self._jobs[old]
            job = self._jobs[key] = Job(compute, self._executor)
            self._active = [*self._active_jobs(), job]
            return job

    @contextmanager
    def watch(self, key: Hashable, compute: Callable[[], Iterator[Result | None]]) -> Iterator[Job[Result]]:
        """The same inside a `with` block, after which the job is cancelled unless it has another watcher."""
        job = self.join(key, compute)
        try:
            yield job
        finally:
            self.leave(job)

    def join(self, key: Hashable, compute: Callable[[], Iterator[Result | None]]) -> Job[Result]:
        """The same job for somebody who says by `leave` that they want it no more.

        A finished job that is not complete is computed again.
        """
        with self._lock:
            known = self._jobs.get(key)
            if known is not None and known.has_ended and not known.complete:
                del self._jobs[key]
            job = self.submit(key, compute)
            job.num_watchers += 1
            return job

    def leave(self, job: Job[Any]) -> None:
        """Cancel the job unless somebody else wants it."""
        with self._lock:
            job.num_watchers -= 1
            is_unwanted = job.num_watchers == 0
        if is_unwanted and not job.has_ended:
            job.cancel()

    def find(self, key: Hashable) -> Job[Any] | None:
        """The job with that key, if there is one that was not cancelled."""
        with self._lock:
            known = self._jobs.get(key)
            return None if known is None or known.is_cancelled else known

    def num_before(self, job: Job[Any]) -> int:
        """How many jobs must end before this one can start."""
        active = self._active_jobs()
        return active.index(job) if job in active else 0

    def close(self) -> None:
        """Cancel all jobs, so that the process can exit."""
        for job in self._active_jobs():
            job.cancel()
        self._executor.shutdown(wait=False)

    def _active_jobs(self) -> list[Job[Any]]:
        with self._lock:
            return [job for job in self._active if not job.has_ended]


@st.cache_resource(show_spinner=False)
def job_queue() -> JobQueue:
    """The one job queue of this server."""
    return JobQueue()


def position_text(job: Job[Any]) -> str:
    """What to show for a job without results yet."""
    before = job_queue().num_before(job)
    if before == 0:
        return "Starting …"
    return "Queued: 1 job ahead …" if before == 1 else f"Queued: {before} jobs ahead …"


def _log_error(future: Future[None]) -> None:
    error = None if future.cancelled() else future.exception()
    if error is not None:
        log.error("A job failed.", exc_info=error)
