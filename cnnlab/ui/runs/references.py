"""What classical methods reach on the images of a run, to compare with."""

import streamlit as st

from cnnlab.figures.training.learning_curves import DASHES, Reference
from cnnlab.runs import Run
from cnnlab.training.baseline import Baseline
from cnnlab.ui.data.samples import baselines_of
from cnnlab.ui.jobs import Job, job_queue
from cnnlab.ui.markdown import plain
from cnnlab.ui.runs.status import accuracy_text
from cnnlab.ui.runs.watching import TICK_SECONDS
from cnnlab.words.numbers import exact


def pick_references(run: Run) -> tuple[Reference, ...]:
    """A switch, and if it is on, the classical methods that have been trained so far."""
    is_on = st.toggle(
        "Classical methods",
        key="train.classical",
        help="The accuracy of methods from before deep learning on the same images, as lines in the accuracy chart.",
    )
    if not is_on:
        return ()
    job = baselines_of(run.recipe)
    if job.problem is not None:
        st.warning(plain(str(job.problem)))
    if not job.has_ended:
        st.fragment(_show_wait, run_every=TICK_SECONDS)(job)
    results = job.results[:]
    for sign, method in zip(DASHES, results, strict=False):
        st.caption(
            f"{sign} {plain(method.title)}: **{accuracy_text(method.test_accuracy)}**"
            f" (trained on {exact(method.num_train)} images, tested on {exact(method.num_test)})"
        )
    return tuple(Reference(title=method.title, value=method.test_accuracy) for method in results)


def _show_wait(job: Job[Baseline]) -> None:
    if job.has_ended:
        st.rerun()
    before = job_queue().num_before(job)
    text = f"Classical methods are trained after {before} other job{'s' if before > 1 else ''} …"
    st.caption(text if before else "Training classical methods on the same images …")
