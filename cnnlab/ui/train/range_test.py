"""The learning-rate range test: a dialog with its curve and the suggested rate."""

from functools import partial

import streamlit as st

from cnnlab.architectures import NetworkSpec
from cnnlab.figures.training.range_test import describe_rates, rate_curve
from cnnlab.runs.apart.training import range_test_of
from cnnlab.spec import Value
from cnnlab.training import Recipe
from cnnlab.training.memory import needed_memory
from cnnlab.training.range_test import NUM_STEPS, RangePoint, advised_rate
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.jobs import job_queue, position_text
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitor import theme
from cnnlab.words.numbers import size

POLL_SECONDS = 0.2

MAX_BYTES = 2 * 10**9
"""Of a step, because the test takes no turn in the queue of the runs."""


@st.dialog("Find a learning rate", width="large", on_dismiss="rerun")
def find_rate(spec: NetworkSpec, recipe: Recipe, values: dict[str, Value]) -> None:
    """Runs the test; a button puts the suggested rate into `values`."""
    st.markdown(
        f"The network is trained for {NUM_STEPS} steps with an increasing learning rate. A good rate is where the loss"
        " falls steeply; where the loss diverges, the rate is far too large. The weights are discarded, and closing"
        " this window stops the test."
    )
    points = _points(spec, recipe)
    if points is None:
        return
    advised = advised_rate(points)
    rates, losses = [point.learning_rate for point in points], [point.loss for point in points]
    live_chart(
        rate_curve(rates, losses, advised, theme=theme()), alt=describe_rates(rates, losses, advised), key="train.rates"
    )
    if advised is None:
        st.info("The loss hardly fell: try another optimizer, another initialisation, or a larger batch.")
    elif st.button(f"Use {advised:g}", type="primary", key="train.use_rate", on_click=partial(_use, values, advised)):
        st.rerun()


def _use(values: dict[str, Value], rate: float) -> None:
    values["learning_rate"] = rate


def _points(spec: NetworkSpec, recipe: Recipe) -> list[RangePoint] | None:
    """The points of the test, shared by visitors with the same network and recipe; None if it failed."""
    if needed_memory(spec, recipe) > MAX_BYTES:
        st.error(
            f"A step needs about {size(needed_memory(spec, recipe))} of memory, and this test may use"
            f" {size(MAX_BYTES)}: use a smaller batch or smaller images.",
            icon=":material/memory:",
        )
        return None
    # The recipe's own learning rate has no effect on the test.
    recipe = recipe.replace(learning_rate=Recipe().learning_rate)
    bar = st.progress(0.0, "Starting …")
    with job_queue().watch(("learning rates", spec, recipe), lambda: range_test_of(spec, recipe)) as job:
        # If the visitor has left, the next update of the page raises here, which ends the test.
        while not job.wait(POLL_SECONDS):
            points = job.results[:]
            words = f"Learning rate {points[-1].learning_rate:.2g} …" if points else position_text(job)
            bar.progress(len(points) / NUM_STEPS, words)
    bar.empty()
    if not job.complete:
        why = "The test was aborted: see the log of the server." if job.problem is None else str(job.problem)
        st.error(plain(why), icon=":material/error:")
    return job.results if job.complete else None
