"""The shown runs as the Train page and the Runs page follow them: the first in full, and all in the charts."""

import streamlit as st

from cnnlab.runs import Store
from cnnlab.runs.run_cache import Snapshot
from cnnlab.ui.paths import RUNS
from cnnlab.ui.runs.charts import pick_options, show_charts
from cnnlab.ui.runs.references import pick_references
from cnnlab.ui.runs.results import show_log, show_results
from cnnlab.ui.runs.status import show_status
from cnnlab.ui.runs.step_metrics import show_step_metrics


def draw_on_train(store: Store, snapshots: tuple[Snapshot, ...]) -> None:
    """Does it learn? The curves with classical methods, and the results of a run that has ended."""
    first = snapshots[0].run
    show_status(store, snapshots[0], "train")
    charts, below = st.container(), st.container()
    with below:
        references = pick_references(first)
    with charts:
        show_charts(snapshots, "train", references=references)
    if first.active:
        st.page_link(
            RUNS, label="Gradient norm, speed, memory, log", icon=":material/speed:", query_params={"run": first.id}
        )
    else:
        show_results(store, first, "train")
        show_log(store, first, "train")


def draw_on_runs(store: Store, snapshots: tuple[Snapshot, ...]) -> None:
    """How do they compare, and what do they take? The curves along any axis, the step metrics and the log."""
    first = snapshots[0].run
    show_status(store, snapshots[0], "runs")
    with st.container():
        show_charts(snapshots, "runs", options=pick_options(), can_save=True)
    show_step_metrics(store, snapshots[0])
    show_log(store, first, "runs")
