"""What a training will take: images, steps, memory, and the order of its time."""

import streamlit as st

from cnnlab.analysis.costs import analyse, training_macs
from cnnlab.architectures import NetworkSpec, name_of
from cnnlab.data import DatasetCard
from cnnlab.training import Recipe
from cnnlab.training.memory import needed_memory, run_memory
from cnnlab.ui.data.samples import statistics_of
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.words.numbers import count, exact, size

CPU_MACS_PER_SECOND = 2e10
"""Of a few cores in a convolution: enough to tell minutes from hours."""

LONG_SECONDS = 300


def show_forecast(spec: NetworkSpec, recipe: Recipe, card: DatasetCard) -> None:
    """A sentence about the training: its images, its steps and its memory."""
    statistics = statistics_of(recipe)
    steps = -(-statistics.num_train // recipe.batch_size)
    validation = f"{exact(statistics.num_validation)} for validation, " if statistics.num_validation else ""
    st.markdown(
        f"**{plain(name_of(spec))} on {verbatim(card.title)}.** {count(analyse(spec).params)} parameters, trained on"
        f" {exact(statistics.num_train)} images for {recipe.epochs} epoch{'s' if recipe.epochs > 1 else ''} of"
        f" {exact(steps)} steps; {validation}{exact(statistics.num_test)} for testing. A step needs about"
        f" {size(needed_memory(spec, recipe))} of memory, and the run with its data"
        f" {size(run_memory(spec, recipe).total)}."
    )


def warn_if_long(spec: NetworkSpec, recipe: Recipe) -> None:
    """A warning if the training would take long on a CPU."""
    statistics = statistics_of(recipe)
    macs = training_macs(analyse(spec)) * statistics.num_train * recipe.epochs
    seconds = macs / CPU_MACS_PER_SECOND
    if seconds > LONG_SECONDS and recipe.device in ("auto", "cpu"):
        st.warning(
            f"This takes {count(macs)} multiply-accumulates, on the order of {_roughly(seconds)} on a CPU. Smaller"
            " images, fewer channels, fewer images or fewer epochs make it faster.",
            icon=":material/schedule:",
        )


def _roughly(seconds: float) -> str:
    hours = seconds / 3600
    return f"{round(hours)} hours" if hours >= 1.5 else f"{max(1, round(6 * hours)) * 10} minutes"
