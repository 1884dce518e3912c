"""What is computed of a network and an image: at once where it is quick, else by a job that all visitors share."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

from cnnlab.ui.inside.speed import IN_PAGE_SECONDS
from cnnlab.ui.jobs import Job, job_queue, position_text
from cnnlab.ui.markdown import plain
from cnnlab.words.numbers import duration, share
from cnnlab.words.sentence import Sentence

START_SECONDS = 5.0
"""What it takes until a process of its own has loaded the network and the images."""

POLL_SECONDS = 0.5

_WANTED = "inside.wanted jobs"

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[Answer]):
    """`key` identifies the answer, and `name` the question on the page.

    `seconds` is a forecast of what it takes. `here` computes the answer in this process; `isolated` yields the share
    that is done, from 0 to 1, or None, and at last the answer.
    """

    key: tuple[object, ...]
    name: str
    seconds: float
    here: Callable[[], Answer]
    isolated: Callable[[], Generator[float | Answer | None, None, None]]


def answer_to(question: Question[Answer]) -> Answer | None:
    """The answer, if it is known or quick to compute; else None, with a button or the progress on the page."""
    if question.seconds <= IN_PAGE_SECONDS:
        return question.here()
    job: Job[Any] | None = job_queue().find(question.key)
    if job is not None and job.complete:
        found: Answer = job.results[-1]
        return found
    if job is not None and not job.has_ended:
        st.fragment(_show_progress, run_every=POLL_SECONDS)(job, question.key, question.name)
        return None
    if job is not None:
        why = Sentence("It ended with an error: see the log of the server.") if job.problem is None else job.problem
        st.error(plain(str(why)), icon=":material/error:")
    st.button(
        Sentence("Compute it: about {time}", time=duration(START_SECONDS + question.seconds)),
        icon=":material/play_arrow:",
        key=f"inside.explain.{question.name}",
        on_click=lambda: _begin(question),
        help=Sentence("A forecast for this server. It is computed in a process of its own, for all who ask for it."),
    )
    return None


def _begin(question: Question[Answer]) -> None:
    wanted = st.session_state.setdefault(_WANTED, {})
    if question.key not in wanted or wanted[question.key].has_ended:
        wanted[question.key] = job_queue().join(question.key, question.isolated)


def _show_progress(job: Job[Any], key: tuple[object, ...], name: str) -> None:
    if job.has_ended:
        st.rerun()
    shares = [each for each in job.results if isinstance(each, float)]
    st.progress(shares[-1] if shares else 0.0, share(shares[-1]) if shares else position_text(job))
    if key in st.session_state.get(_WANTED, {}):
        st.button("Stop", icon=":material/stop:", key=f"inside.stop.{name}", on_click=lambda: _stop(key))


def _stop(key: tuple[object, ...]) -> None:
    job_queue().leave(st.session_state[_WANTED].pop(key))
