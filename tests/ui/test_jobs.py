"""Jobs of the server: one at a time, each only once, cancelled when nobody watches them."""

import logging
import threading
from collections.abc import Iterator

import pytest

from cnnlab.spec import Problem, Refused
from cnnlab.ui.jobs import MAX_KEPT, Job, JobQueue
from cnnlab.words.sentence import Sentence

PATIENCE_SECONDS = 30


class Work:
    """Yields a result, waits for a permission, and yields another."""

    def __init__(self) -> None:
        self.started, self.go_on = threading.Event(), threading.Event()
        self.times = 0

    def __call__(self) -> Iterator[int]:
        self.times += 1
        self.started.set()
        yield 1
        assert self.go_on.wait(PATIENCE_SECONDS)
        yield 2


@pytest.fixture
def jobs() -> Iterator[JobQueue]:
    jobs = JobQueue()
    yield jobs
    jobs.close()


def test_the_same_job_runs_once_for_all(jobs: JobQueue) -> None:
    work = Work()
    submitted = [jobs.submit("key", work) for _ in range(30)]
    work.go_on.set()
    assert submitted[0].wait(PATIENCE_SECONDS)
    assert all(job is submitted[0] for job in submitted)
    assert (submitted[0].results, submitted[0].complete, work.times) == ([1, 2], True, 1)
    assert jobs.submit("key", work) is submitted[0]


def test_jobs_run_in_the_order_of_their_submission(jobs: JobQueue) -> None:
    first, second, third = Work(), Work(), Work()
    one = jobs.submit("one", first)
    assert first.started.wait(PATIENCE_SECONDS)
    two, three = jobs.submit("two", second), jobs.submit("three", third)
    assert [jobs.num_before(job) for job in (one, two, three)] == [0, 1, 2]
    third.go_on.set()
    assert not three.wait(0.05)
    assert not second.started.is_set()
    first.go_on.set()
    assert second.started.wait(PATIENCE_SECONDS)
    assert not third.started.is_set()
    second.go_on.set()
    assert three.wait(PATIENCE_SECONDS)
    assert one.complete
    assert two.complete
    assert three.results == [1, 2]
    assert jobs.num_before(three) == 0


def test_a_job_without_watchers_is_stopped_and_can_be_submitted_again(jobs: JobQueue) -> None:
    work = Work()
    with jobs.watch("key", work) as job:
        with jobs.watch("key", work) as same:
            assert same is job
        assert not job.is_cancelled
        assert work.started.wait(PATIENCE_SECONDS)
    work.go_on.set()
    assert job.wait(PATIENCE_SECONDS)
    assert (job.complete, job.problem) == (False, None)
    with jobs.watch("key", work) as again:
        assert again is not job
        assert again.wait(PATIENCE_SECONDS)
    assert again.complete
    assert work.times == 2


def test_a_queued_job_is_cancelled_and_loses_its_position(jobs: JobQueue) -> None:
    first, second, third = Work(), Work(), Work()
    one = jobs.submit("one", first)
    assert first.started.wait(PATIENCE_SECONDS)
    with jobs.watch("two", second) as two:
        three = jobs.submit("three", third)
        assert [jobs.num_before(job) for job in (two, three)] == [1, 2]
    assert two.has_ended
    assert (two.complete, two.results) == (False, [])
    assert jobs.num_before(three) == 1
    again = jobs.submit("two", second)
    assert jobs.num_before(again) == 2, "at the end of the queue"
    for work in (first, second, third):
        work.go_on.set()
    assert again.wait(PATIENCE_SECONDS)
    assert one.complete
    assert second.times == 1


def test_a_cancelled_job_counts_until_it_has_stopped(jobs: JobQueue) -> None:
    work, after = Work(), Work()
    with jobs.watch("key", work) as running:
        assert work.started.wait(PATIENCE_SECONDS)
    again = jobs.submit("key", after)
    assert jobs.num_before(again) == 1
    work.go_on.set()
    after.go_on.set()
    assert again.wait(PATIENCE_SECONDS)
    assert not running.complete
    assert again.complete


def test_a_problem_is_kept_for_the_page(jobs: JobQueue) -> None:
    def refused() -> Iterator[int]:
        raise Refused([Problem("dataset", Sentence("The data set is missing."))])
        yield 1

    job = jobs.submit("key", refused)
    assert job.wait(PATIENCE_SECONDS)
    assert str(job.problem) == "The data set is missing."
    assert jobs.submit("key", refused) is job


def test_an_unexpected_error_is_logged_and_the_next_job_runs(jobs: JobQueue, caplog: pytest.LogCaptureFixture) -> None:
    def wrong() -> Iterator[int]:
        yield 1 // 0

    work = Work()
    work.go_on.set()
    with caplog.at_level(logging.ERROR):
        job = jobs.submit("wrong", wrong)
        after = jobs.submit("after", work)
        assert after.wait(PATIENCE_SECONDS)
    assert job.has_ended
    assert (job.complete, job.problem) == (False, None)
    assert after.complete
    assert "ZeroDivisionError" in caplog.text


def test_old_results_are_deleted(jobs: JobQueue) -> None:
    first = jobs.submit(0, lambda: iter([0]))
    assert first.wait(PATIENCE_SECONDS)
    for i in range(1, MAX_KEPT + 1):
        assert jobs.submit(i, lambda i=i: iter([i])).wait(PATIENCE_SECONDS)  # type: ignore[misc]
    assert jobs.submit(0, lambda: iter([0])) is not first


def test_a_closed_queue_stops_its_jobs() -> None:
    jobs, work, other = JobQueue(), Work(), Work()
    running: Job[int] = jobs.submit("running", work)
    queued: Job[int] = jobs.submit("queued", other)
    assert work.started.wait(PATIENCE_SECONDS)
    jobs.close()
    work.go_on.set()
    assert running.wait(PATIENCE_SECONDS)
    assert not running.complete
    assert queued.has_ended
    assert other.times == 0


def test_a_job_that_has_nothing_yet_can_be_stopped_and_is_closed(jobs: JobQueue) -> None:
    closed = threading.Event()

    def compute() -> Iterator[int | None]:
        try:
            yield 1
            while True:
                yield None
        finally:
            closed.set()

    with jobs.watch("key", compute) as job:
        assert not job.wait(0.05)
    assert job.wait(PATIENCE_SECONDS)
    assert closed.is_set()
    assert job.results == [1]
