"""The shown runs as the Train page and the Runs page follow them: the first in full, and all in the charts."""

import streamlit as st

from cnnlab.architectures import NetworkSpec
from cnnlab.data import title_of
from cnnlab.runs import Run, Store
from cnnlab.runs.labels import default_name
from cnnlab.runs.run_cache import Snapshot
from cnnlab.training import Recipe
from cnnlab.ui.markdown import plain
from cnnlab.ui.paths import RUNS
from cnnlab.ui.runs.charts import pick_options, show_charts
from cnnlab.ui.runs.references import pick_references
from cnnlab.ui.runs.results import show_log, show_results
from cnnlab.ui.runs.status import show_numbers, show_status
from cnnlab.ui.runs.step_metrics import show_step_metrics

Training = tuple[NetworkSpec | None, Recipe | None]
"""What is set to be trained: a network and a recipe, each None where it has problems."""


def draw_on_train(store: Store, snapshots: tuple[Snapshot, ...], *, form: Training) -> None:
    """Does it learn? The curves with classical methods, and the results of a run that has ended.

    What the form is set to is said where the first run is another.
    """
    first = snapshots[0].run
    show_status(store, first, "train", note=_other_training(first, form))
    charts, below = st.container(), st.container()
    with below:
        show_numbers(snapshots[0])
        references = pick_references(first, "train")
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
    charts, below = st.container(), st.container()
    with below:
        show_numbers(snapshots[0])
        references = pick_references(first, "runs")
    with charts:
        show_charts(snapshots, "runs", options=pick_options(), references=references, can_save=True)
    show_step_metrics(store, snapshots[0])
    show_log(store, first, "runs")


def _other_training(run: Run, form: Training) -> str:
    """What the form would train, if that is something else than the run but for the seed."""
    spec, recipe = form
    if spec is None or recipe is None or (run.spec == spec and run.recipe.replace(seed=recipe.seed) == recipe):
        return ""
    name = default_name(spec, recipe.replace(dataset=Recipe().dataset))
    return f"The form is set to **{plain(name)}** on {plain(title_of(recipe.dataset))}."
