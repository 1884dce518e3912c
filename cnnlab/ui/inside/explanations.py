"""The attributions of an answer: quick ones while the page is drawn, others by a job that all visitors share."""

from collections.abc import Generator

import streamlit as st

from cnnlab.bounded_cache import bounded_cache
from cnnlab.insight.attribution import Attribution
from cnnlab.insight.attribution.methods import ATTRIBUTION_METHODS
from cnnlab.runs.isolated.explaining import attribution_of
from cnnlab.runs.store.files import epoch_file
from cnnlab.ui.inside.speed import IN_PAGE_SECONDS, forecast
from cnnlab.ui.inside.subject import Subject
from cnnlab.ui.jobs import Job, job_queue, position_text
from cnnlab.ui.markdown import plain
from cnnlab.ui.state.store import run_store
from cnnlab.words.numbers import duration, share
from cnnlab.words.sentence import Sentence

START_SECONDS = 5.0
"""What it takes until a process of its own has loaded the network and the images."""

POLL_SECONDS = 0.5

_WANTED = "inside.wanted explanations"
_MAX_BYTES = 32 * 2**20

_Found = float | Attribution


def explanation(subject: Subject, method: str, target: int) -> Attribution | None:
    """The attribution, if it is known or quick to compute; else None, with a button or the progress on the page."""
    key = (*subject.key, target, method)
    seconds = forecast(subject, ATTRIBUTION_METHODS[method].passes(subject.images.shape[-1]))
    if seconds <= IN_PAGE_SECONDS:
        return _computed(key, subject)
    job: Job[_Found] | None = job_queue().find(key)
    if job is not None and job.complete and isinstance(job.results[-1], Attribution):
        return job.results[-1]
    if job is not None and not job.has_ended:
        st.fragment(_show_progress, run_every=POLL_SECONDS)(job, key)
        return None
    if job is not None:
        why = Sentence("It ended with an error: see the log of the server.") if job.problem is None else job.problem
        st.error(plain(str(why)), icon=":material/error:")
    st.button(
        Sentence("Compute it: about {time}", time=duration(START_SECONDS + seconds)),
        icon=":material/play_arrow:",
        key=f"inside.explain.{method}",
        on_click=lambda: _begin(subject, key),
        help="A forecast from the time that a few passes of this network took on this server. It is computed in a"
        " process of its own.",
    )
    return None


@bounded_cache(size=lambda found: found.values.nbytes + found.random_values.nbytes, limit=_MAX_BYTES)
def _computed(key: tuple[object, ...], subject: Subject) -> Attribution:
    *_, target, method = key
    assert isinstance(target, int)
    return ATTRIBUTION_METHODS[str(method)].explain(subject.network, subject.images, target)


def _begin(subject: Subject, key: tuple[object, ...]) -> None:
    *_, target, method = key
    run, epoch = subject.run, subject.epoch
    checkpoint = None if run is None or epoch == 0 else epoch_file(run_store().folder, run.id, epoch)
    spec, recipe, index = subject.spec, subject.recipe, subject.index

    def compute() -> Generator[_Found | None, None, None]:
        assert isinstance(target, int)
        return attribution_of(str(method), spec, recipe, checkpoint=checkpoint, image=index, target=target)

    wanted = st.session_state.setdefault(_WANTED, {})
    if key not in wanted or wanted[key].has_ended:
        wanted[key] = job_queue().join(key, compute)


def _show_progress(job: Job[_Found], key: tuple[object, ...]) -> None:
    if job.has_ended:
        st.rerun()
    shares = [each for each in job.results if isinstance(each, float)]
    done = shares[-1] if shares else 0.0
    st.progress(done, share(done) if shares else position_text(job))
    if key in st.session_state.get(_WANTED, {}):
        st.button("Stop", icon=":material/stop:", key=f"inside.stop.{key[-1]}", on_click=lambda: _stop(key))


def _stop(key: tuple[object, ...]) -> None:
    job_queue().leave(st.session_state[_WANTED].pop(key))
