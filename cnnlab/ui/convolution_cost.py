"""What one convolution costs in each of its kinds."""

import streamlit as st

from cnnlab.analysis.layer_time import ROUNDS, Times, time_kinds, too_large
from cnnlab.analysis.one_layer import ConvolutionKind, OneLayer, Price, prices
from cnnlab.figures.layer_formula import KIND_TITLES, cost_formulas, ratio_formula, side_formula
from cnnlab.figures.separable_ratio import describe_ratio, ratio_curves
from cnnlab.figures.words import change, count, exact, shape, size
from cnnlab.ui.knobs import Values
from cnnlab.ui.live_chart import live_chart
from cnnlab.ui.visitor import theme
from cnnlab.ui.words import plain

_TIMES = "times of one layer"


def show_cost(layer: OneLayer, _values: Values) -> None:
    """The prices side by side, the formulas behind them, and where the savings come from."""
    priced = prices(layer)
    _show_prices(priced)
    with st.container(border=True):
        st.subheader("Multiply-accumulates, with the numbers put in", anchor=False)
        st.latex(cost_formulas(layer), width="content")
        st.latex(ratio_formula(layer), width="content")
        st.caption("K: side of the map that comes out · d: window · C, N: channels in and out · g: groups")
        with st.expander("Where K comes from"):
            st.latex(side_formula(layer), width="content")
    left, right = st.columns(2)
    with left, st.container(border=True):
        st.subheader("What is left of the cost: 1/N + 1/d²", anchor=False)
        live_chart(ratio_curves(layer, theme=theme()), alt=describe_ratio(layer), key="convolution.ratio")
    with right, st.container(border=True):
        st.subheader("Everything side by side", anchor=False)
        st.fragment(_show_table)(layer, priced)


def _show_prices(priced: dict[ConvolutionKind, Price]) -> None:
    standard = priced["standard"]
    for column, (kind, price) in zip(st.columns(len(priced)), priced.items(), strict=True):
        is_less = price.macs < standard.macs
        column.metric(
            f"{KIND_TITLES[kind]}, MACs",
            count(price.macs),
            delta=shape(price.output_shape) + " out" if kind == "standard" else _times_fewer(price.macs, standard.macs),
            delta_color="off" if price.macs == standard.macs else "green" if is_less else "orange",
            delta_arrow="off",
            help=f"{exact(price.macs)} multiply-accumulates and {exact(price.params)} weights for one image.",
            border=True,
        )


def _times_fewer(new: int, old: int) -> str:
    """How many times fewer, where that says more than per cent."""
    return f"{old / new:.1f} times fewer" if old >= 2 * new else change(new, old)


def _show_table(layer: OneLayer, priced: dict[ConvolutionKind, Price]) -> None:
    problem = too_large(layer)
    known: dict[OneLayer, dict[ConvolutionKind, Times]] = st.session_state.setdefault(_TIMES, {})
    place = st.empty()
    place.table(_table(priced, known.get(layer)))
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Measure the time here", icon=":material/timer:", key="convolution.measure", disabled=problem is not None
        )
        if pressed:
            st.button("Stop", icon=":material/stop:", key="convolution.measure.stop")
    if problem is not None:
        st.caption(plain(problem.sentence))
    if pressed:
        bar = st.progress(0.0)
        for done, times in enumerate(time_kinds(layer), start=1):
            known[layer] = times
            place.table(_table(priced, times))
            bar.progress(done / ROUNDS)
        bar.empty()
    if layer in known:
        _show_lesson(priced, known[layer])


def _table(priced: dict[ConvolutionKind, Price], times: dict[ConvolutionKind, Times] | None) -> dict[str, list[str]]:
    rows = {
        "": ["Weights", "MACs", "Weights, memory", "Kept for backward", "Output", "Time, median", "Time, middle half"],
    }
    for kind, price in priced.items():
        median, spread = "–", "–"
        if times is not None:
            fast, slow = times[kind].spread
            median, spread = _milliseconds(times[kind].median), f"{1000 * fast:.3g} to {_milliseconds(slow)}"
        rows[KIND_TITLES[kind]] = [
            exact(price.params),
            count(price.macs),
            size(price.weight_bytes),
            size(price.activation_bytes),
            "×".join(map(str, price.output_shape)),
            median,
            spread,
        ]
    return rows


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms"


def _show_lesson(priced: dict[ConvolutionKind, Price], times: dict[ConvolutionKind, Times]) -> None:
    """MACs are not time."""
    macs = priced["standard"].macs / priced["depthwise_separable"].macs
    faster = times["standard"].median / times["depthwise_separable"].median
    rounds = len(times["standard"].seconds)
    st.caption(
        f"Depthwise-separable has {macs:.1f} times fewer MACs and is {faster:.1f} times as fast: a depthwise window"
        f" does little with each number that it fetches. Median of {rounds} rounds: one image, forward, one processor"
        " thread of this machine."
    )
