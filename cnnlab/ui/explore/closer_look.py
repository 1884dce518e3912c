"""The cost of a network in detail: below the drawing on the Explore page."""

import streamlit as st

from cnnlab.analysis import Analysis
from cnnlab.analysis.counters import counts
from cnnlab.analysis.largest_layers import largest_layers
from cnnlab.analysis.memory import (
    GIBIBYTE,
    GPUS,
    NUMBER_BYTES,
    MemoryOptions,
    NumberType,
    largest_batch,
    training_memory,
)
from cnnlab.analysis.waste import waste
from cnnlab.figures.network.memory_bars import describe_memory, memory_bars
from cnnlab.figures.network.waterfall import describe_waterfall, waterfall
from cnnlab.spec import Problem, Refused
from cnnlab.training.process_bytes import PROCESS_BYTES
from cnnlab.training.recipe import OPTIMIZER_NAMES, Recipe
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.explore.time import show_time
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.numbers import NO_BREAK, change, exact, size
from cnnlab.words.sentence import Sentence

BATCH_SIZES = tuple(2**i for i in range(13))
"""Batch sizes to choose from."""


def show_costs(analysis: Analysis) -> None:
    """The check-up, the training memory, the other counters or the measured time, as selected."""
    st.header("A closer look at the cost", anchor=False)
    part: str = st.segmented_control(
        "Look at",
        list(_PARTS),
        default=next(iter(_PARTS)),
        required=True,
        key="explore.cost_part",
        label_visibility="collapsed",
    )
    _PARTS[part](analysis)


def partial_totals(unknown: tuple[str, ...]) -> Sentence:
    """A warning about the totals of a network with operations that have no rule."""
    return Sentence(
        "The totals are partial: there is no rule for {operations}. Their multiply-accumulates and activations are not"
        " counted, so the totals are lower bounds.",
        operations=", ".join(f"`{name}`" for name in unknown),
    )


def _show_check_up(analysis: Analysis) -> None:
    if analysis.unknown:
        st.warning(plain(partial_totals(analysis.unknown)), icon=":material/rule:")
    found = waste(analysis)
    if found:
        st.markdown("**Waste**")
        _show_sentences(found, ":material/warning:")
    else:
        st.markdown(":material/check: No waste found.")
    _show_largest(analysis)


@st.fragment
def _show_largest(analysis: Analysis) -> None:
    st.markdown("**Largest layers**")
    if analysis.problem is not None:
        st.caption("Available once the shapes fit.")
        return
    # Each knob is tried at half its value, which takes as long as many analyses.
    if st.toggle("Show the largest layers, and a knob that halves each", key="explore.largest"):
        try:
            found = largest_layers(analysis.spec)
        except Refused as refused:
            st.caption(plain(refused.titled))
        else:
            _show_sentences(found, ":material/scale:")


def _show_sentences(problems: tuple[Problem, ...], icon: str) -> None:
    st.markdown("\n".join(f"- {icon} {plain(problem.titled)}" for problem in problems))


@st.fragment
def _show_memory(analysis: Analysis) -> None:
    defaults = Recipe()
    left, middle, right = st.columns(3)
    batch_size: int = left.select_slider(
        "Batch size", BATCH_SIZES, value=defaults.batch_size, key="explore.memory.batch"
    )
    optimizer: str = middle.selectbox(
        "Optimizer",
        list(OPTIMIZER_NAMES),
        index=list(OPTIMIZER_NAMES).index(defaults.optimizer),
        format_func=OPTIMIZER_NAMES.__getitem__,
        key="explore.memory.optimizer",
    )
    number_type: NumberType = right.selectbox("Numbers", list(NUMBER_BYTES), key="explore.memory.numbers")
    options: MemoryOptions = {"optimizer": optimizer, "number_type": number_type}
    shown = [(n, training_memory(analysis, batch_size=n, **options)) for n in sorted({1, batch_size})]
    live_chart(memory_bars(shown, theme=theme()), alt=describe_memory(*shown[-1]), key="explore.memory.chart")
    st.caption(
        "The estimated peak of a training step. On a GPU the driver and the libraries need another"
        f" {size(PROCESS_BYTES['cuda'])}, which the table takes into account."
    )
    batches = [largest_batch(analysis, available_bytes=gpu - PROCESS_BYTES["cuda"], **options) for gpu in GPUS.values()]
    st.dataframe(
        {
            "GPU": list(GPUS),
            "Memory": [f"{gpu / GIBIBYTE:.0f} GiB" for gpu in GPUS.values()],
            "Largest batch": [exact(batch) if batch else "does not fit" for batch in batches],
        },
        hide_index=True,
        height="content",
    )


@st.fragment
def _show_counters(analysis: Analysis) -> None:
    found = {each.counter.name: each for each in counts(analysis)}
    st.caption(
        f"We count {exact(analysis.macs)} multiply-accumulates of convolution and dense layers, for one image in eval"
        " mode. Each tool counts other operations too."
    )
    name: str = st.pills(
        "Counter",
        list(found),
        default=next(iter(found)),
        required=True,
        key="explore.counter",
        label_visibility="collapsed",
    )
    chosen = found[name]
    live_chart(waterfall(chosen, theme=theme()), alt=describe_waterfall(chosen), key="explore.waterfall")
    # Cells of this table are as high as their text, so that nothing is cut off on a small screen.
    st.table(
        {
            "Counter": list(found),
            "Prints": [_unbroken(exact(each.total)) for each in found.values()],
            "Unit": [each.counter.unit for each in found.values()],
            "Compared with ours": [_unbroken(change(each.total, analysis.macs)) for each in found.values()],
            "Also counts": [
                ", ".join(one.name for one in each.contributions[1:]) or "nothing" for each in found.values()
            ],
        },
        hide_index=True,
        border="horizontal",
    )


def _unbroken(words: str) -> str:
    return words.replace(" ", NO_BREAK)


_PARTS = {
    "Check-up": _show_check_up,
    "Training memory": _show_memory,
    "Whose FLOPs?": _show_counters,
    "Measured time": show_time,
}
