"""Which learning rate to take, found out in a moment and drawn."""

from functools import partial

import streamlit as st

from cnnlab.architectures import NetworkSpec
from cnnlab.figures.rates import describe_rates, rate_curve
from cnnlab.spec import Refused, Value
from cnnlab.training import Recipe, TrainingFailed
from cnnlab.training.range_test import NUM_STEPS, RangePoint, advised_rate, range_test
from cnnlab.ui.live_chart import live_chart
from cnnlab.ui.visitor import theme
from cnnlab.ui.words import plain

_STATE = "range test"


@st.dialog("Find a learning rate", width="large")
def find_rate(spec: NetworkSpec, recipe: Recipe, values: dict[str, Value]) -> None:
    """Tries ever larger rates for a moment; the button puts the advised one into `values`."""
    st.markdown(
        f"The network takes {NUM_STEPS} steps, each with a larger learning rate than the last. Where the loss falls"
        " steeply the rate is good; where it bursts the rate is far too large. Nothing of it is kept."
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
    """The test's points, those of the last time where nothing has changed; None if it could not be carried out."""
    wanted = (spec, recipe.replace(learning_rate=Recipe().learning_rate))
    if st.session_state.get(_STATE, (None, None))[0] == wanted:
        points: list[RangePoint] = st.session_state[_STATE][1]
        return points
    bar, found = st.progress(0.0, "The first step …"), []
    try:
        for point in range_test(spec, recipe):
            found.append(point)
            bar.progress(len(found) / NUM_STEPS, f"Learning rate {point.learning_rate:.2g} …")
    except (Refused, TrainingFailed) as problem:
        bar.empty()
        st.error(plain(str(problem)), icon=":material/error:")
        return None
    bar.empty()
    st.session_state[_STATE] = (wanted, found)
    return found
