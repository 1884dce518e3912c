"""Whether two groups of seeds differ by more than chance."""

import streamlit as st

from cnnlab.runs import Run
from cnnlab.runs.comparing import compare_groups
from cnnlab.training.seed_comparison import MIN_SEEDS, SeedComparison
from cnnlab.ui.markdown import verbatim
from cnnlab.words.sentence import Sentence


def show_comparison(groups: list[list[Run]], names: list[str]) -> None:
    """For two groups of seeds: which is better, by how much, if chance explains it, and which runs are left out."""
    if len(groups) != 2 or max(map(len, groups)) < MIN_SEEDS:
        return
    compared = compare_groups(*groups)
    _show_verdict([verbatim(name) for name in names], compared.result)
    for template, left_out in (
        ("Left out of this comparison, because they are not done: {names}.", compared.unfinished),
        ("Left out of this comparison, because they have other data or another split: {names}.", compared.other_data),
    ):
        if left_out:
            st.caption(Sentence(template, names="; ".join(verbatim(run.name) for run in left_out)))


def _show_verdict(names: list[str], result: SeedComparison) -> None:
    if result.difference is None or result.low is None or result.high is None:
        sentence = Sentence(
            "When both groups have finished runs with the same {count} seeds or more, on the same data and split, it is"
            " shown here whether they differ by more than chance.",
            count=MIN_SEEDS,
        )
        st.info(sentence, icon=":material/balance:")
        return
    better, worse = (1, 0) if result.difference >= 0 else (0, 1)
    low, high = sorted((abs(result.low), abs(result.high)))
    values = {
        "better": names[better],
        "worse": names[worse],
        "points": f"{100 * abs(result.difference):.1f}",
        "count": result.num_pairs,
        "low": f"{100 * low:.1f}",
        "high": f"{100 * high:.1f}",
    }
    template = (
        "**Within seed noise.** {better} is ahead of {worse} by {points} percentage points over {count} seeds; chance"
        " alone explains such a difference."
        if result.is_noise
        else "**More than seed noise.** {better} is better than {worse} by {points} percentage points over {count}"
        " seeds (with 95 % confidence, by {low} to {high})."
    )
    show = st.info if result.is_noise else st.success
    show(Sentence(template, **values), icon=":material/balance:")
