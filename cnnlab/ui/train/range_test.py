"""The learning-rate range test: a dialog with its curve and the suggested rate."""

import time
from bisect import bisect_right
from collections.abc import Generator
from contextlib import closing
from functools import partial
from typing import TypeVar

import streamlit as st

from cnnlab.analysis.costs import analyse, training_macs
from cnnlab.architectures import NetworkSpec
from cnnlab.figures.training.range_test import describe_rates, rate_curve
from cnnlab.runs.isolated.training import range_test_of
from cnnlab.spec import Problem, Refused, Value, set_to
from cnnlab.training import Recipe
from cnnlab.training.devices import find_device
from cnnlab.training.memory import needed_memory
from cnnlab.training.range_test import NUM_STEPS, RangePoint, advised_rate
from cnnlab.ui.components.live_chart.live_chart import live_chart
from cnnlab.ui.jobs import job_queue, position_text
from cnnlab.ui.knobs.problems import show_problems
from cnnlab.ui.knobs.row import fix_value
from cnnlab.ui.markdown import plain
from cnnlab.ui.train.recipe_panel import RECIPE_PANEL
from cnnlab.ui.visitors.visitor import theme
from cnnlab.words.numbers import count, size
from cnnlab.words.sentence import Sentence

POLL_SECONDS = 0.2

MAX_BYTES = 2 * 10**9
"""Of a step, because the test takes no turn in the queue of the runs."""

MAX_STEP_MACS = {"cpu": 2 * 10**10, "cuda": 2 * 10**12}
"""Of a step, by the kind of device: about a second. Nobody else's test goes on meanwhile."""

MAX_SECONDS = 60
"""Of a whole test, whatever a step takes: others wait for their turn."""

Point = TypeVar("Point")


@st.dialog("Find a learning rate", width="large", on_dismiss="rerun")
def find_rate(spec: NetworkSpec, values: dict[str, Value]) -> None:
    """Runs the test with the recipe of these values; a button puts the suggested rate into them."""
    st.markdown(
        f"The network is trained for {NUM_STEPS} steps with an increasing learning rate. A good rate is where the loss"
        " falls steeply; where the loss diverges, the rate is far too large. The weights are discarded, and closing"
        " this window stops the test."
    )
    points = _points(spec, values)
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


def _show_refused(refused: Refused, values: dict[str, Value]) -> None:
    """Why there is no test; a button that changes the recipe begins another one, in the same window."""
    problems = refused.of(Recipe.settings()).problems
    show_problems(problems, key="train.rates", fix=partial(fix_value, values, panel=RECIPE_PANEL))


def _points(spec: NetworkSpec, values: dict[str, Value]) -> list[RangePoint] | None:
    """The points of the test, shared by visitors with the same network and recipe; None if it failed."""
    recipe = Recipe().replace(**values)
    problem = too_much(spec, recipe)
    if problem is not None:
        _show_refused(Refused([problem]), values)
        return None
    # The recipe's own learning rate has no effect on the test.
    recipe = recipe.replace(learning_rate=Recipe().learning_rate)
    bar = st.progress(0.0, "Starting …")
    with job_queue().watch(
        ("learning rates", spec, recipe), lambda: in_time(range_test_of(spec, recipe), recipe.batch_size)
    ) as job:
        # If the visitor has left, the next update of the page raises here, which ends the test.
        while not job.wait(POLL_SECONDS):
            points = job.results[:]
            words = f"Learning rate {points[-1].learning_rate:.2g} …" if points else position_text(job)
            bar.progress(len(points) / NUM_STEPS, words)
    bar.empty()
    if isinstance(job.problem, Refused):
        _show_refused(job.problem, values)
    elif not job.complete:
        why = "The test was aborted: see the log of the server." if job.problem is None else str(job.problem)
        st.error(plain(why), icon=":material/error:")
    return job.results if job.complete else None


def too_much(spec: NetworkSpec, recipe: Recipe) -> Problem | None:
    """Why the test of this network would hold up others, or None if it does not: checked before it begins."""

    def with_batch(size: int) -> int:
        return needed_memory(spec, recipe.replace(batch_size=size))

    batches = range(_least_batch(), recipe.batch_size)
    needed = needed_memory(spec, recipe)
    if needed > MAX_BYTES:
        template = "A step needs about {needed} of memory, and this test may use {limit}: {remedy}."
        values = {"needed": size(needed), "limit": size(MAX_BYTES)}
        return _too_large(template, bisect_right(batches, MAX_BYTES, key=with_batch) + _least_batch() - 1, **values)
    each = training_macs(analyse(spec))
    macs, limit = each * recipe.batch_size, MAX_STEP_MACS[find_device(recipe.device).type]
    if macs > limit:
        template = (
            "A step takes {macs} multiply-accumulates, and this test may take {limit} for each, so that others need not"
            " wait: {remedy}."
        )
        return _too_large(template, limit // each, macs=count(macs), limit=count(limit))
    return None


def _least_batch() -> int:
    return int(Recipe.settings()["batch_size"].minimum or 1)


def _too_large(template: str, fits: int, **values: object) -> Problem:
    """The problem of a batch that is too large, where one of `fits` images is not."""
    remedies = (set_to("batch_size", fits),) if fits >= _least_batch() else ()
    others = Sentence("use smaller images or fewer channels")
    remedy = Sentence("{what}, or {other}", what=remedies[0].what, other=others) if remedies else others
    return Problem("batch_size", Sentence(template, remedy=remedy, **values), remedies=remedies)


def in_time(
    points: Generator[Point, None, None], batch_size: int, seconds: float = MAX_SECONDS
) -> Generator[Point, None, None]:
    """The same points, of batches of that size; raises `Refused` where the next one comes after that time."""
    end, num_points = time.monotonic() + seconds, 0
    with closing(points):
        for point in points:
            if time.monotonic() > end:
                template = "The test was stopped after {seconds:g} seconds, so that others need not wait: {remedy}."
                # In proportion to what was done, and the same again for the time that a step takes beside its images.
                raise Refused([_too_large(template, batch_size * num_points // (2 * NUM_STEPS), seconds=seconds)])
            num_points += 1
            yield point
