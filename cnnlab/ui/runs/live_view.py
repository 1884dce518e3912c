"""The shown runs as the Train page and the Runs page follow them: the first in full, and all in the charts."""

import streamlit as st

from cnnlab.architectures import NetworkSpec
from cnnlab.runs import Run, Store
from cnnlab.runs.run_cache import Snapshot
from cnnlab.training import Recipe
from cnnlab.ui.paths import RUNS
from cnnlab.ui.runs.charts import pick_options, show_charts
from cnnlab.ui.runs.references import pick_references
from cnnlab.ui.runs.results import show_log, show_results
from cnnlab.ui.runs.status import show_numbers, show_status
from cnnlab.ui.runs.step_metrics import show_step_metrics

Training = tuple[NetworkSpec | None, Recipe | None]
"""What is set to be trained: a network and a recipe, each None where it has problems."""


def draw_on_train(store: Store, snapshots: tuple[Snapshot, ...], *, starts: Training) -> None:
    """Does it learn? The curves with classical methods, and the results of a run that has ended.

    It is said where the first run is not what the page `starts`.
    """
    first = snapshots[0].run
    show_status(store, first, "train", note="" if _is_like(first, starts) else "**Train** starts something else.")
    charts, below = st.container(), st.container()
    with below:
        show_numbers(snapshots[0])
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
    show_status(store, first, "runs")
    with st.container():
        show_charts(snapshots, "runs", options=pick_options(), can_save=True)
    show_numbers(snapshots[0])
    show_step_metrics(store, snapshots[0])
    show_log(store, first, "runs")


def _is_like(run: Run, training: Training) -> bool:
    """Whether the run has this network and, but for the seed, this recipe."""
    spec, recipe = training
    return run.spec == spec and recipe is not None and run.recipe.replace(seed=recipe.seed) == recipe
