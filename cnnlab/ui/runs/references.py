"""What classical methods reach on the images of a run, to compare with: lines in the chart, and a table."""

import pandas as pd
import streamlit as st

from cnnlab.figures.training.learning_curves import DASHES, Reference
from cnnlab.runs import Run
from cnnlab.training.classical.methods import Classical, best_of_each
from cnnlab.ui.data.samples import classical_methods_of, hog_preview
from cnnlab.ui.jobs import Job, job_queue
from cnnlab.ui.markdown import plain
from cnnlab.ui.runs.status import accuracy_text
from cnnlab.ui.runs.watching import TICK_SECONDS
from cnnlab.words.numbers import duration, exact, size
from cnnlab.words.sentence import Sentence


def pick_references(run: Run, key: str) -> tuple[Reference, ...]:
    """A switch; if it is on, the best classical method of each kind of those trained so far, and all in a table."""
    is_on = st.toggle(
        "Classical methods",
        key=f"{key}.classical",
        help="The accuracy of methods from before deep learning on the same images, as lines in the accuracy chart.",
    )
    if not is_on:
        return ()
    job = classical_methods_of(run.recipe)
    if job.problem is not None:
        st.warning(plain(str(job.problem)))
    if not job.has_ended:
        st.fragment(_show_wait, run_every=TICK_SECONDS)(job, len(job.results))
    results = job.results[:]
    if not results:
        return ()
    best = best_of_each(results)
    for sign, method in zip(DASHES, best, strict=False):
        st.caption(f"{sign} {plain(method.title)}: **{accuracy_text(method.test_accuracy)}**")
    with st.expander("Accuracy, time and size of classical methods", icon=":material/table:", key=f"{key}.methods"):
        _show_table(results, run, key)
    return tuple(Reference(title=method.title, value=method.test_accuracy) for method in best)


def _show_table(methods: list[Classical], run: Run, key: str) -> None:
    rows = [
        {
            "Features": method.features,
            "Classifier": method.classifier,
            "Test accuracy": accuracy_text(method.test_accuracy),
            "Features per image": exact(method.num_features),
            "Training": duration(method.feature_seconds + method.fit_seconds),
            "One image": Sentence("{milliseconds:.2f} ms", milliseconds=1000 * method.test_seconds),
            "Size": size(method.num_bytes),
            "Trained on": exact(method.num_train),
            "Tested on": exact(method.num_test),
        }
        for method in methods
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key=f"{key}.methods.table")
    st.caption(
        Sentence(
            "Training includes the features of all training images, and one image its own. SIFT is slow,"
            " so it has fewer images. SURF is not among them: its patent keeps it out of free libraries; that of"
            " SIFT ended in 2020."
        )
    )
    st.markdown("**What HOG sees**")
    st.image(hog_preview(run.recipe.dataset))
    st.caption(
        Sentence(
            "Above images, below what HOG keeps of them: in each cell a stroke for each direction, the brighter, the"
            " stronger the edges in that direction."
        )
    )


def _show_wait(job: Job[Classical], num_shown: int) -> None:
    if job.has_ended or len(job.results) > num_shown:
        st.rerun()
    before = job_queue().num_before(job)
    if before:
        template = (
            "Classical methods are trained after {before} other job …"
            if before == 1
            else "Classical methods are trained after {before} other jobs …"
        )
        st.caption(Sentence(template, before=before))
    else:
        st.caption(Sentence("Training classical methods on the same images …"))
