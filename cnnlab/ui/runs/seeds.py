"""Runs that differ only in their seeds: their name, and whether two such groups differ by more than chance."""

import streamlit as st

from cnnlab.runs import Run
from cnnlab.training.seed_comparison import LEAST_SEEDS, compare_seeds
from cnnlab.ui.markdown import verbatim

SEED = ", seed "
"""Between the name of a group and the seed of a run in it."""


def group_name(group: list[Run]) -> str:
    """What runs that differ in their seeds are called together."""
    return group[0].name.rpartition(SEED)[0] or group[0].name


def show_verdict(groups: list[list[Run]]) -> None:
    """For two groups of seeds: which is better, by how much, and whether chance explains it."""
    if len(groups) != 2 or max(map(len, groups)) < LEAST_SEEDS:
        return
    first, second = (
        {run.recipe.seed: run.test_accuracy for run in group if not run.active and run.test_accuracy is not None}
        for group in groups
    )
    verdict = compare_seeds(first, second)
    if verdict.difference is None or verdict.low is None or verdict.high is None:
        st.info(
            f"From {LEAST_SEEDS} seeds that both have finished on, it is said here whether they differ by more than"
            " chance.",
            icon=":material/balance:",
        )
        return
    better, worse = (1, 0) if verdict.difference >= 0 else (0, 1)
    names = [verbatim(group_name(group)) for group in groups]
    bounds = sorted((abs(verdict.low), abs(verdict.high)))
    points = f"{100 * abs(verdict.difference):.1f} points over {verdict.num_pairs} seeds"
    if verdict.is_noise:
        st.info(
            f"**Within seed noise.** {names[better]} is ahead of {names[worse]} by {points}; chance alone makes such"
            " differences.",
            icon=":material/balance:",
        )
    else:
        st.success(
            f"**More than seed noise.** {names[better]} is better than {names[worse]} by {points}"
            f" (with 95 % confidence, by {100 * bounds[0]:.1f} to {100 * bounds[1]:.1f}).",
            icon=":material/balance:",
        )
