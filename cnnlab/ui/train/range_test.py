"""Which learning rate to take, found out in a moment and drawn."""

from functools import partial

import streamlit as st

from cnnlab.architectures import NetworkSpec
from cnnlab.figures.training.range_test import describe_rates, rate_curve
from cnnlab.spec import Value
from cnnlab.training import Recipe
from cnnlab.training.memory import needed_memory
from cnnlab.training.range_test import NUM_STEPS, RangePoint, advised_rate, range_test
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.jobs import job_queue, position_text
from cnnlab.ui.markdown import plain
from cnnlab.ui.visitor import theme
from cnnlab.words.numbers import size

LOOK_SECONDS = 0.2

MOST_BYTES = 2 * 10**9
"""So much memory may a step take in the process that draws the pages of all."""


@st.dialog("Find a learning rate", width="large", on_dismiss="rerun")
def find_rate(spec: NetworkSpec, recipe: Recipe, values: dict[str, Value]) -> None:
    """Tries ever larger rates for a moment; the button puts the advised one into `values`."""
    st.markdown(
        f"The network takes {NUM_STEPS} steps, each with a larger learning rate than the last. Where the loss falls"
        " steeply the rate is good; where it bursts the rate is far too large. Nothing of it is kept, and closing this"
        " window ends it."
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
        st.info("The loss hardly fell: take another optimiser, another initialisation, or a larger batch.")
    elif st.button(f"Use {advised:g}", type="primary", key="train.use_rate", on_click=partial(_use, values, advised)):
        st.rerun()


def _use(values: dict[str, Value], rate: float) -> None:
    values["learning_rate"] = rate


def _points(spec: NetworkSpec, recipe: Recipe) -> list[RangePoint] | None:
    """The test's points, which are those of anybody who asked for the same; None if it could not be carried out."""
    if needed_memory(spec, recipe) > MOST_BYTES:
        st.error(
            f"A step needs about {size(needed_memory(spec, recipe))} of memory, and this test may take"
            f" {size(MOST_BYTES)}: try it with a smaller batch or smaller images.",
            icon=":material/memory:",
        )
        return None
    # The rate itself has no part in it.
    recipe = recipe.replace(learning_rate=Recipe().learning_rate)
    bar = st.progress(0.0, "It begins …")
    with job_queue().watch(("learning rates", spec, recipe), lambda: range_test(spec, recipe)) as job:
        # A visitor who leaves ends this at the next word on the page, and with it the test.
        while not job.wait(LOOK_SECONDS):
            points = job.results[:]
            words = f"Learning rate {points[-1].learning_rate:.2g} …" if points else position_text(job)
            bar.progress(len(points) / NUM_STEPS, words)
    bar.empty()
    if not job.complete:
        why = "It was broken off: the log of the server says why." if job.problem is None else str(job.problem)
        st.error(plain(why), icon=":material/error:")
    return job.results if job.complete else None
